package dev.backplane.guest.internal.ext4;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.guest.internal.TreeWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Writes files into a new ext4 file system: their bytes as they come, one file behind the other, and all that describes them in the end.
 * What is not written is left as it is, so that the storage has to read as zeros.
 */
public final class Ext4Writer implements TreeWriter {
    private static final int ROOT = 2;
    private static final int FIRST_INODE = 11;
    private static final int MOST_LINKS = 65000;

    /** What mke2fs gives to lost+found, so that a repair has room for names. */
    private static final int LOST_AND_FOUND_BLOCKS = 4;

    private final Storage target;
    private final UUID id;
    private final int seconds;
    private final Layout layout;
    private final Blocks blocks;
    private final Map<Integer, Inode> inodes = new HashMap<>();
    private final Map<String, Directory> directories = new HashMap<>();
    private final int[] groupDirectories;
    private final Inode journal = new Inode(Inode.REGULAR_FILE | 0600);
    private int nextInode = FIRST_INODE;

    /**
     * An empty file system as large as the storage.
     *
     * @param target reads as zeros; stays the caller's to flush and close
     * @param id of the file system
     * @param time of everything in it
     */
    public Ext4Writer(Storage target, UUID id, Instant time) throws IOException {
        this(target, id, time, Layout.MOST_GROUP_BLOCKS);
    }

    Ext4Writer(Storage target, UUID id, Instant time, int groupBlocks) throws IOException {
        this.target = target;
        this.id = id;
        this.seconds = (int) time.getEpochSecond();
        layout = Layout.of(target.capacityBytes(), groupBlocks);
        blocks = new Blocks(layout);
        groupDirectories = new int[layout.groups()];
        Directory root = new Directory(ROOT, ROOT, new Inode(Inode.DIRECTORY | 0755));
        root.inode().addLink();
        directories.put("", root);
        inode(ROOT, root.inode());
        journal();
        directory("lost+found", 0700);
    }

    private void journal() throws IOException {
        int length = Journal.blocks(layout);
        List<Extent> extents = blocks.take(length);
        journal.content((long) length * Layout.BLOCK_BYTES, extents);
        write(extents.getFirst().start() * Layout.BLOCK_BYTES, Journal.superblock(length));
        inode(Journal.INODE, journal);
    }

    @Override
    public void directory(String path, int permissions) throws IOException {
        Directory parent = parent(path);
        Inode inode = new Inode(Inode.DIRECTORY | permissions);
        int number = add(parent, path, inode, Directory.Type.DIRECTORY);
        inode.addLink();
        if (parent.inode().links() == MOST_LINKS) {
            throw new IOException(path + ": more than " + (MOST_LINKS - 2) + " folders are in one");
        }
        parent.inode().addLink();
        directories.put(path, new Directory(number, parent.number(), inode));
    }

    @Override
    public void file(String path, int permissions, byte[] content) throws IOException {
        Inode inode = new Inode(Inode.REGULAR_FILE | permissions);
        add(parent(path), path, inode, Directory.Type.REGULAR_FILE);
        content(inode, content);
    }

    @Override
    public void symbolicLink(String path, String linkTarget) throws IOException {
        byte[] bytes = linkTarget.getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0 || bytes.length >= Layout.BLOCK_BYTES) {
            throw new IOException(path + ": a link's target of " + bytes.length + " bytes, 1 to 4095 are possible");
        }
        Inode inode = new Inode(Inode.SYMBOLIC_LINK | 0777);
        add(parent(path), path, inode, Directory.Type.SYMBOLIC_LINK);
        if (bytes.length < Inode.BLOCK_MAP_BYTES) {
            inode.shortTarget(bytes);
        } else {
            content(inode, bytes);
        }
    }

    @Override
    public void characterDevice(String path, int permissions, int major, int minor) throws IOException {
        Inode inode = new Inode(Inode.CHARACTER_DEVICE | permissions);
        inode.device(major, minor);
        add(parent(path), path, inode, Directory.Type.CHARACTER_DEVICE);
    }

    /** Writes directories, inodes, bitmaps, descriptors and superblocks. */
    @Override
    public void finish() throws IOException {
        for (Map.Entry<String, Directory> each : directories.entrySet()) {
            int atLeast = each.getKey().equals("lost+found") ? LOST_AND_FOUND_BLOCKS : 1;
            content(each.getValue().inode(), each.getValue().blocks(atLeast));
        }
        for (int group = 0; group < layout.groups(); group++) {
            bitmaps(group);
            inodeTable(group);
        }
        byte[] descriptors = descriptors();
        // The first one is what makes it a file system: it comes last.
        for (int group = layout.groups() - 1; group >= 0; group--) {
            if (layout.hasSuperblock(group)) {
                write((layout.firstBlock(group) + 1) * Layout.BLOCK_BYTES, descriptors);
                superblock(group);
            }
        }
    }

    private Directory parent(String path) throws IOException {
        int slash = path.lastIndexOf('/');
        Directory parent = directories.get(slash < 0 ? "" : path.substring(0, slash));
        if (parent == null) {
            throw new IOException(path + ": its folder was not made before it");
        }
        return parent;
    }

    private int add(Directory parent, String path, Inode inode, Directory.Type type) throws IOException {
        String name = path.substring(path.lastIndexOf('/') + 1);
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length == 0
                || bytes.length > Directory.LONGEST_NAME
                || name.indexOf(0) >= 0
                || name.matches("\\.\\.?")) {
            throw new IOException("'" + path + "' does not end with a file's name of 1 to 255 bytes");
        }
        if (nextInode > layout.inodes()) {
            throw new IOException("more than " + layout.inodes() + " files do not fit into this file system");
        }
        if (!parent.add(name, bytes, nextInode, type)) {
            throw new IOException(path + ": it is there already");
        }
        inode(nextInode, inode);
        return nextInode++;
    }

    private void inode(int number, Inode inode) {
        inodes.put(number, inode);
        if (inode.isDirectory()) {
            groupDirectories[(number - 1) / layout.groupInodes()]++;
        }
    }

    private void content(Inode inode, byte[] bytes) throws IOException {
        List<Extent> extents = blocks.take(Math.ceilDiv(bytes.length, Layout.BLOCK_BYTES));
        inode.content(bytes.length, extents);
        int done = 0;
        for (Extent extent : extents) {
            int part = (int) Math.min(bytes.length - done, (long) extent.blocks() * Layout.BLOCK_BYTES);
            write(
                    extent.start() * Layout.BLOCK_BYTES,
                    MemorySegment.ofArray(bytes).asSlice(done, part));
            done += part;
        }
    }

    private void bitmaps(int group) throws IOException {
        byte[] both = new byte[2 * Layout.BLOCK_BYTES];
        set(both, 0, 0, blocks.used(group));
        // What lies behind the group's end counts as used.
        set(both, 0, layout.groupBlocks(), 8 * Layout.BLOCK_BYTES);
        set(both, Layout.BLOCK_BYTES, 0, usedInodes(group));
        set(both, Layout.BLOCK_BYTES, layout.groupInodes(), 8 * Layout.BLOCK_BYTES);
        write(layout.blockBitmap(group) * Layout.BLOCK_BYTES, both);
    }

    private static void set(byte[] bitmap, int at, int from, int to) {
        for (int bit = from; bit < to; bit++) {
            bitmap[at + bit / 8] |= (byte) (1 << bit % 8);
        }
    }

    private int usedInodes(int group) {
        return Math.clamp(nextInode - 1L - (long) group * layout.groupInodes(), 0, layout.groupInodes());
    }

    private void inodeTable(int group) throws IOException {
        int used = usedInodes(group);
        if (used == 0) {
            return;
        }
        ByteBuffer table = ByteBuffer.allocate(used * Layout.INODE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < used; i++) {
            Inode inode = inodes.get(group * layout.groupInodes() + i + 1);
            if (inode != null) {
                inode.write(table, i * Layout.INODE_BYTES, seconds);
            }
        }
        write(layout.inodeTable(group) * Layout.BLOCK_BYTES, table.array());
    }

    /** "Block Group Descriptors". */
    private byte[] descriptors() {
        ByteBuffer all = ByteBuffer.allocate(layout.descriptorBlocks() * Layout.BLOCK_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        for (int group = 0; group < layout.groups(); group++) {
            int at = group * Layout.DESCRIPTOR_BYTES;
            all.putInt(at, (int) layout.blockBitmap(group))
                    .putInt(at + 0x4, (int) layout.inodeBitmap(group))
                    .putInt(at + 0x8, (int) layout.inodeTable(group))
                    .putShort(at + 0xc, (short) (layout.groupBlocks() - blocks.used(group)))
                    .putShort(at + 0xe, (short) (layout.groupInodes() - usedInodes(group)))
                    .putShort(at + 0x10, (short) groupDirectories[group]);
        }
        return all.array();
    }

    private void superblock(int group) throws IOException {
        long freeBlocks = 0;
        for (int each = 0; each < layout.groups(); each++) {
            freeBlocks += layout.groupBlocks() - blocks.used(each);
        }
        ByteBuffer bytes = Superblock.of(
                layout,
                group,
                freeBlocks,
                layout.inodes() - (nextInode - 1),
                journal,
                (long) Journal.blocks(layout) * Layout.BLOCK_BYTES,
                id,
                "backplane".getBytes(StandardCharsets.US_ASCII),
                seconds);
        long offset = group == 0 ? Superblock.OFFSET_BYTES : layout.firstBlock(group) * Layout.BLOCK_BYTES;
        write(offset, Arrays.copyOf(bytes.array(), Superblock.BYTES));
    }

    private void write(long offset, byte[] bytes) throws IOException {
        write(offset, MemorySegment.ofArray(bytes));
    }

    private void write(long offset, MemorySegment bytes) throws IOException {
        if (bytes.byteSize() == 0) {
            return;
        }
        try {
            target.write(offset, bytes);
        } catch (StorageException e) {
            throw new IOException(e.getMessage(), e);
        }
    }
}
