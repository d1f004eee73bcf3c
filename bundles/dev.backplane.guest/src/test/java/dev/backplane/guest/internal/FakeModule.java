package dev.backplane.guest.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Kernel modules that consist of what they say of themselves. */
public final class FakeModule {
    private static final String NAMES = "\0.modinfo\0.names\0";

    private FakeModule() {}

    /** A 64-bit ELF file of three sections: none, the strings, and the sections' names. */
    public static byte[] of(String... strings) {
        byte[] info = (String.join("\0\0", strings) + "\0").getBytes(StandardCharsets.ISO_8859_1);
        byte[] names = NAMES.getBytes(StandardCharsets.ISO_8859_1);
        int table = 64 + info.length + names.length;
        ByteBuffer elf = ByteBuffer.allocate(table + 3 * 64).putInt(0x7f454c46).putShort((short) 0x0201);
        elf.order(ByteOrder.LITTLE_ENDIAN)
                .putLong(0x28, table)
                .putShort(0x3c, (short) 3)
                .putShort(0x3e, (short) 2)
                .put(64, info)
                .put(64 + info.length, names);
        section(elf, table + 64, 1, 64, info.length);
        section(elf, table + 128, 10, 64 + info.length, names.length);
        return elf.array();
    }

    private static void section(ByteBuffer elf, int header, int name, int offset, int bytes) {
        elf.putInt(header, name).putLong(header + 0x18, offset).putLong(header + 0x20, bytes);
    }
}
