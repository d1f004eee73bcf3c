package dev.backplane.guest.internal.ext4;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** What the inode table says of one file ("Index Nodes"). */
final class Inode {
    static final int REGULAR_FILE = 0100000;
    static final int DIRECTORY = 0040000;
    static final int SYMBOLIC_LINK = 0120000;
    static final int CHARACTER_DEVICE = 0020000;

    /** i_block: 15 numbers, a short link's target, or the root of the extent tree. */
    static final int BLOCK_MAP_BYTES = 60;

    private static final int EXTENTS_FLAG = 0x80000;
    private static final int EXTENT_MAGIC = 0xf30a;

    /** An extent tree of more needs blocks of its own; a file that begins in one group and ends three groups on does not. */
    private static final int MOST_EXTENTS = 4;

    private static final int SECTOR_BYTES = 512;
    private static final int EXTRA_BYTES = 32;

    private final int mode;
    private final ByteBuffer map = ByteBuffer.allocate(BLOCK_MAP_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private long length;
    private int blocks;
    private int flags;
    private int links = 1;

    /** The type and the permissions. */
    Inode(int mode) {
        this.mode = mode;
    }

    boolean isDirectory() {
        return (mode & 0170000) == DIRECTORY;
    }

    void addLink() {
        links++;
    }

    int links() {
        return links;
    }

    /** The file's bytes are in blocks ("Extent Tree"). */
    void content(long bytes, List<Extent> extents) throws IOException {
        if (extents.size() > MOST_EXTENTS) {
            throw new IOException("a file of " + bytes + " bytes is too large for this file system: it would be in "
                    + extents.size() + " pieces, at most " + MOST_EXTENTS + " are written");
        }
        length = bytes;
        flags |= EXTENTS_FLAG;
        map.clear()
                .putShort((short) EXTENT_MAGIC)
                .putShort((short) extents.size())
                .putShort((short) MOST_EXTENTS)
                .putShort((short) 0)
                .putInt(0);
        for (Extent extent : extents) {
            map.putInt(blocks)
                    .putShort((short) extent.blocks())
                    .putShort((short) (extent.start() >>> 32))
                    .putInt((int) extent.start());
            blocks += extent.blocks();
        }
    }

    /** A link's target that fits into the map ("Symbolic Links"). */
    void shortTarget(byte[] target) {
        length = target.length;
        map.put(0, target);
    }

    /** A device's numbers, both below 256. */
    void device(int major, int minor) {
        map.putInt(0, major << 8 | minor);
    }

    byte[] map() {
        return map.array();
    }

    /** Writes all {@link Layout#INODE_BYTES}. */
    void write(ByteBuffer table, int at, int seconds) {
        table.putShort(at, (short) mode)
                .putInt(at + 0x4, (int) length)
                .putInt(at + 0x8, seconds)
                .putInt(at + 0xc, seconds)
                .putInt(at + 0x10, seconds)
                .putShort(at + 0x1a, (short) links)
                .putInt(at + 0x1c, blocks * (Layout.BLOCK_BYTES / SECTOR_BYTES))
                .putInt(at + 0x20, flags)
                .put(at + 0x28, map.array())
                .putInt(at + 0x6c, (int) (length >>> 32))
                .putShort(at + 0x80, (short) EXTRA_BYTES)
                .putInt(at + 0x90, seconds);
    }
}
