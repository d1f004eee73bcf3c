package dev.backplane.guest.internal.ext4;

import java.nio.ByteBuffer;

/** An empty journal ("Journal (jbd2)", "Super Block"): a file whose first block says that there is nothing to be replayed. */
final class Journal {
    static final int INODE = 8;

    /** 16 MiB, and no more than a sixteenth; jbd2 wants 1024 blocks at least. */
    private static final int BLOCKS = 4096;

    private static final int FEWEST_BLOCKS = 1024;
    private static final int MAGIC = 0xc03b3998;
    private static final int SUPERBLOCK_V2 = 4;

    private Journal() {}

    static int blocks(Layout layout) {
        return Math.clamp(layout.blocks() / 16, FEWEST_BLOCKS, BLOCKS);
    }

    /** Its first block, big-endian; the others are zeros. */
    static byte[] superblock(int blocks) {
        return ByteBuffer.allocate(Layout.BLOCK_BYTES)
                .putInt(0x0, MAGIC)
                .putInt(0x4, SUPERBLOCK_V2)
                .putInt(0xc, Layout.BLOCK_BYTES)
                .putInt(0x10, blocks)
                .putInt(0x14, 1) // s_first
                .putInt(0x18, 1) // s_sequence
                .putInt(0x1c, 0) // s_start: clean
                .putInt(0x40, 1) // s_nr_users
                .array();
    }
}
