package dev.backplane.machine.pc.internal.boot;

import java.nio.charset.StandardCharsets;

/** Archives of one file (newc). */
final class Cpio {
    private Cpio() {}

    static byte[] archive(String name, String content) {
        return (entry(name, content) + entry("TRAILER!!!", "")).getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String entry(String name, String content) {
        StringBuilder entry = new StringBuilder("070701");
        int[] fields = {1, 0100755, 0, 0, 1, 0, content.length(), 0, 0, 0, 0, name.length() + 1, 0};
        for (int field : fields) {
            entry.append("%08X".formatted(field));
        }
        pad(entry.append(name).append('\0'));
        pad(entry.append(content));
        return entry.toString();
    }

    private static void pad(StringBuilder entry) {
        while (entry.length() % 4 != 0) {
            entry.append('\0');
        }
    }
}
