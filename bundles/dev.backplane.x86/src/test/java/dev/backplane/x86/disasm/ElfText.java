package dev.backplane.x86.disasm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Where the bytes at an address lie in a 64-bit ELF file: by its program headers. */
final class ElfText {
    private static final int PROGRAM_HEADERS = 32;
    private static final int COUNT = 56;
    private static final int BYTES = 56;
    private static final int LOAD = 1;

    private final ByteBuffer file;

    ElfText(byte[] file) {
        this.file = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    }

    int offset(long address) {
        int header = (int) file.getLong(PROGRAM_HEADERS);
        for (int n = 0; n < file.getShort(COUNT); n++, header += BYTES) {
            long within = address - file.getLong(header + 16);
            if (file.getInt(header) == LOAD && within >= 0 && within < file.getLong(header + 32)) {
                return (int) (file.getLong(header + 8) + within);
            }
        }
        throw new IllegalArgumentException("no segment has 0x" + Long.toHexString(address));
    }
}
