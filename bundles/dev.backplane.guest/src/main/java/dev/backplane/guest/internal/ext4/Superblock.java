package dev.backplane.guest.internal.ext4;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;

/** What stands at the beginning of a file system, and again in some groups ("Super Block"). */
final class Superblock {
    /** In the first group behind room for a boot sector. */
    static final int OFFSET_BYTES = 1024;

    static final int BYTES = 1024;

    private static final int MAGIC = 0xef53;
    private static final int CLEAN = 1;
    private static final int CONTINUE_ON_ERRORS = 1;
    private static final int REVISION_DYNAMIC = 1;
    private static final int FIRST_INODE = 11;
    private static final int HAS_JOURNAL = 0x4;
    private static final int EXT_ATTR = 0x8;
    private static final int DIR_INDEX = 0x20;
    private static final int FILETYPE = 0x2;
    private static final int EXTENTS = 0x40;
    private static final int SPARSE_SUPER = 0x1;
    private static final int LARGE_FILE = 0x2;
    private static final int DIR_NLINK = 0x20;
    private static final int EXTRA_ISIZE = 0x40;
    private static final int XATTR_USER_AND_ACL = 0xc;
    private static final int HALF_MD4 = 1;
    private static final int SIGNED_HASH = 1;
    private static final int JOURNAL_BACKUP = 1;
    private static final int EXTRA_INODE_BYTES = 32;

    private Superblock() {}

    /**
     * Its bytes.
     *
     * @param group the group that it is to be written in
     * @param freeBlocks of all groups
     * @param freeInodes of all groups
     * @param journal of which it keeps a copy
     * @param journalBytes its length
     * @param id the file system's
     * @param label up to 16 bytes
     * @param seconds the time of its making
     */
    static ByteBuffer of(
            Layout layout,
            int group,
            long freeBlocks,
            int freeInodes,
            Inode journal,
            long journalBytes,
            UUID id,
            byte[] label,
            int seconds) {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(0x0, layout.inodes())
                .putInt(0x4, (int) layout.blocks())
                .putInt(0xc, (int) freeBlocks)
                .putInt(0x10, freeInodes)
                .putInt(0x18, 2) // s_log_block_size: 1024 << 2
                .putInt(0x1c, 2) // s_log_cluster_size
                .putInt(0x20, layout.groupBlocks())
                .putInt(0x24, layout.groupBlocks())
                .putInt(0x28, layout.groupInodes())
                .putInt(0x30, seconds)
                .putShort(0x36, (short) -1) // s_max_mnt_count: never checked for having been mounted often
                .putShort(0x38, (short) MAGIC)
                .putShort(0x3a, (short) CLEAN)
                .putShort(0x3c, (short) CONTINUE_ON_ERRORS)
                .putInt(0x40, seconds)
                .putInt(0x4c, REVISION_DYNAMIC)
                .putInt(0x54, FIRST_INODE)
                .putShort(0x58, (short) Layout.INODE_BYTES)
                .putShort(0x5a, (short) group)
                .putInt(0x5c, HAS_JOURNAL | EXT_ATTR | DIR_INDEX)
                .putInt(0x60, FILETYPE | EXTENTS)
                .putInt(0x64, SPARSE_SUPER | LARGE_FILE | DIR_NLINK | EXTRA_ISIZE)
                .put(0x78, label)
                .putInt(0xe0, Journal.INODE)
                .put(0xfc, (byte) HALF_MD4)
                .put(0xfd, (byte) JOURNAL_BACKUP)
                .putInt(0x100, XATTR_USER_AND_ACL)
                .putInt(0x108, seconds)
                .put(0x10c, journal.map())
                .putInt(0x10c + Inode.BLOCK_MAP_BYTES, (int) (journalBytes >>> 32))
                .putInt(0x110 + Inode.BLOCK_MAP_BYTES, (int) journalBytes)
                .putShort(0x15c, (short) EXTRA_INODE_BYTES)
                .putShort(0x15e, (short) EXTRA_INODE_BYTES)
                .putInt(0x160, SIGNED_HASH);
        byte[] name = ByteBuffer.allocate(16)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array();
        return bytes.put(0x68, name).put(0xec, name); // s_uuid, s_hash_seed
    }
}
