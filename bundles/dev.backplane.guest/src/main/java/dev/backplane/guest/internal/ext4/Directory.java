package dev.backplane.guest.internal.ext4;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The names in one folder ("Linear (Classic) Directories"). */
final class Directory {
    static final int LONGEST_NAME = 255;

    private static final int HEADER_BYTES = 8;

    private final int number;
    private final int parent;
    private final Inode inode;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    private record Entry(int inode, byte[] name, int type) {
        int bytes() {
            return HEADER_BYTES + name.length + 3 & -4;
        }
    }

    /** What an entry says of its file. */
    enum Type {
        REGULAR_FILE(1),
        DIRECTORY(2),
        CHARACTER_DEVICE(3),
        SYMBOLIC_LINK(7);

        private final int code;

        Type(int code) {
            this.code = code;
        }
    }

    /** An empty folder, whose parent may be itself. */
    Directory(int number, int parent, Inode inode) {
        this.number = number;
        this.parent = parent;
        this.inode = inode;
    }

    int number() {
        return number;
    }

    Inode inode() {
        return inode;
    }

    /** False where the name is there already. */
    boolean add(String name, byte[] bytes, int file, Type type) {
        return entries.putIfAbsent(name, new Entry(file, bytes, type.code)) == null;
    }

    /** Its blocks, at least so many; an entry does not cross from one into the next, and the last of each reaches to its end. */
    byte[] blocks(int atLeast) {
        List<List<Entry>> blocks = new ArrayList<>();
        List<Entry> block = new ArrayList<>();
        block.add(new Entry(number, new byte[] {'.'}, Type.DIRECTORY.code));
        block.add(new Entry(parent, new byte[] {'.', '.'}, Type.DIRECTORY.code));
        int filled = block.get(0).bytes() + block.get(1).bytes();
        for (Entry entry : entries.values()) {
            if (filled + entry.bytes() > Layout.BLOCK_BYTES) {
                blocks.add(block);
                block = new ArrayList<>();
                filled = 0;
            }
            block.add(entry);
            filled += entry.bytes();
        }
        blocks.add(block);
        while (blocks.size() < atLeast) {
            blocks.add(List.of(new Entry(0, new byte[0], 0)));
        }
        ByteBuffer all = ByteBuffer.allocate(blocks.size() * Layout.BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < blocks.size(); i++) {
            write(blocks.get(i), all, i * Layout.BLOCK_BYTES);
        }
        return all.array();
    }

    private static void write(List<Entry> block, ByteBuffer all, int start) {
        int at = start;
        for (int i = 0; i < block.size(); i++) {
            Entry entry = block.get(i);
            int bytes = i == block.size() - 1 ? start + Layout.BLOCK_BYTES - at : entry.bytes();
            all.putInt(at, entry.inode)
                    .putShort(at + 4, (short) bytes)
                    .put(at + 6, (byte) entry.name.length)
                    .put(at + 7, (byte) entry.type)
                    .put(at + HEADER_BYTES, entry.name);
            at += bytes;
        }
    }
}
