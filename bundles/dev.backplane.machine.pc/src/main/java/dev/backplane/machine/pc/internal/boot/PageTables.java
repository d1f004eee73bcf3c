package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.part.ConfigurationException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Page tables that map the first 4 GiB to themselves, in pages of 2 MiB (Intel SDM 3A, 4.5). */
final class PageTables {
    /** What is mapped. */
    static final long MAPPED_BYTES = 4L << 30;

    private static final int TABLE = 0x1000;
    private static final int DIRECTORIES = 4;
    private static final long PRESENT_WRITABLE = 3;
    private static final long LARGE = 1 << 7;
    private static final long LARGE_BYTES = 2 << 20;

    private PageTables() {}

    /** Places them; the result is for CR3. */
    static long place(BootMemory memory) throws ConfigurationException {
        ByteBuffer tables = ByteBuffer.allocate((2 + DIRECTORIES) * TABLE).order(ByteOrder.LITTLE_ENDIAN);
        tables.putLong(0, LowMemory.PAGE_TABLES + TABLE | PRESENT_WRITABLE);
        for (int i = 0; i < DIRECTORIES; i++) {
            tables.putLong(TABLE + 8 * i, LowMemory.PAGE_TABLES + (2 + i) * TABLE | PRESENT_WRITABLE);
        }
        for (int i = 0; i < MAPPED_BYTES / LARGE_BYTES; i++) {
            tables.putLong(2 * TABLE + 8 * i, i * LARGE_BYTES | LARGE | PRESENT_WRITABLE);
        }
        memory.place("page tables", LowMemory.PAGE_TABLES, tables.array());
        return LowMemory.PAGE_TABLES;
    }
}
