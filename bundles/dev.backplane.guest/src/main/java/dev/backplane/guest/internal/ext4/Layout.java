package dev.backplane.guest.internal.ext4;

/**
 * Where what lies: block groups of one length, each with its bitmaps and its part of the inode table at its beginning, some with a
 * superblock and the group descriptors before them ("Layout", "Block Groups").
 *
 * @param groups how many
 * @param groupBlocks blocks of each
 * @param groupInodes inodes of each
 */
record Layout(int groups, int groupBlocks, int groupInodes) {
    static final int BLOCK_BYTES = 4096;
    static final int INODE_BYTES = 256;
    static final int DESCRIPTOR_BYTES = 32;
    static final int INODES_PER_BLOCK = BLOCK_BYTES / INODE_BYTES;

    /** One bitmap is one block. */
    static final int MOST_GROUP_BLOCKS = 8 * BLOCK_BYTES;

    /** What mke2fs gives to each inode, too. */
    private static final int BYTES_PER_INODE = 16384;

    /** Block numbers have 32 bits here. */
    private static final long MOST_BLOCKS = 0xffff_ffffL;

    /** As many whole groups as there is room for; what is left over stays unused. */
    static Layout of(long capacityBytes, int groupBlocks) {
        long groups = capacityBytes / BLOCK_BYTES / groupBlocks;
        if (groupBlocks % 8 != 0
                || groupBlocks > MOST_GROUP_BLOCKS
                || groups < 1
                || groups * groupBlocks > MOST_BLOCKS) {
            throw new IllegalArgumentException(
                    "no file system of " + capacityBytes + " bytes in groups of " + groupBlocks + " blocks");
        }
        int inodes = (int) ((long) groupBlocks * BLOCK_BYTES / BYTES_PER_INODE);
        return new Layout(
                (int) groups, groupBlocks, (inodes + INODES_PER_BLOCK - 1) / INODES_PER_BLOCK * INODES_PER_BLOCK);
    }

    long blocks() {
        return (long) groups * groupBlocks;
    }

    int inodes() {
        return groups * groupInodes;
    }

    long firstBlock(int group) {
        return (long) group * groupBlocks;
    }

    /** The first two groups, and the powers of 3, 5 and 7 (sparse_super). */
    boolean hasSuperblock(int group) {
        return group <= 1 || isPower(group, 3) || isPower(group, 5) || isPower(group, 7);
    }

    private static boolean isPower(int number, int base) {
        long power = base;
        while (power < number) {
            power *= base;
        }
        return power == number;
    }

    int descriptorBlocks() {
        return (groups * DESCRIPTOR_BYTES + BLOCK_BYTES - 1) / BLOCK_BYTES;
    }

    long blockBitmap(int group) {
        return firstBlock(group) + (hasSuperblock(group) ? 1 + descriptorBlocks() : 0);
    }

    long inodeBitmap(int group) {
        return blockBitmap(group) + 1;
    }

    long inodeTable(int group) {
        return blockBitmap(group) + 2;
    }

    /** The first block of a group that files may have. */
    long firstFree(int group) {
        return inodeTable(group) + groupInodes / INODES_PER_BLOCK;
    }
}
