package dev.backplane.gdb.internal;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Numbers and bytes as the protocol writes them. */
final class Hex {
    private static final HexFormat FORMAT = HexFormat.of();

    private Hex() {}

    static String of(byte[] bytes) {
        return FORMAT.formatHex(bytes);
    }

    static String ofText(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Fails with {@link IllegalArgumentException} for what is none. */
    static byte[] bytes(String text) {
        return FORMAT.parseHex(text);
    }

    static String text(String hex) {
        return new String(bytes(hex), StandardCharsets.UTF_8);
    }

    /** A number of up to 64 bits, unsigned; fails with {@link NumberFormatException} for what is none. */
    static long number(String text) {
        return Long.parseUnsignedLong(text, 16);
    }
}
