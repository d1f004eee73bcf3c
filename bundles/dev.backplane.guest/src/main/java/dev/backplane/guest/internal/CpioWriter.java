package dev.backplane.guest.internal;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes a cpio archive in the "newc" form, as the kernel's Documentation/driver-api/early-userspace/buffer-format.rst
 * gives it. The same calls make the same bytes: times are zero, everything is root's, inodes are numbered in order.
 */
final class CpioWriter implements TreeWriter {
    private static final int DIRECTORY = 0040000;
    private static final int CHARACTER_DEVICE = 0020000;
    private static final int REGULAR_FILE = 0100000;
    private static final int SYMBOLIC_LINK = 0120000;

    /** What cpio itself pads to; another archive may follow at any multiple of four. */
    private static final int ARCHIVE_BLOCK = 512;

    private final OutputStream out;
    private long written;
    private int inode;

    /** The stream stays the caller's to close. */
    CpioWriter(OutputStream out) {
        this.out = out;
    }

    @Override
    public void directory(String path, int permissions) throws IOException {
        entry(path, DIRECTORY | permissions, 2, 0, 0, new byte[0]);
    }

    @Override
    public void file(String path, int permissions, byte[] content) throws IOException {
        entry(path, REGULAR_FILE | permissions, 1, 0, 0, content);
    }

    @Override
    public void symbolicLink(String path, String target) throws IOException {
        entry(path, SYMBOLIC_LINK | 0777, 1, 0, 0, target.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void characterDevice(String path, int permissions, int major, int minor) throws IOException {
        entry(path, CHARACTER_DEVICE | permissions, 1, major, minor, new byte[0]);
    }

    @Override
    public void finish() throws IOException {
        inode = -1;
        entry("TRAILER!!!", 0, 1, 0, 0, new byte[0]);
        pad(ARCHIVE_BLOCK);
    }

    private void entry(String path, int mode, int links, int major, int minor, byte[] content) throws IOException {
        byte[] name = path.getBytes(StandardCharsets.UTF_8);
        inode++;
        int[] fields = {inode, mode, 0, 0, links, 0, content.length, 0, 0, major, minor, name.length + 1, 0};
        StringBuilder header = new StringBuilder("070701");
        for (int field : fields) {
            header.append(String.format("%08x", field));
        }
        write(header.toString().getBytes(StandardCharsets.US_ASCII));
        write(name);
        write(new byte[1]);
        pad(4);
        write(content);
        pad(4);
    }

    private void write(byte[] bytes) throws IOException {
        out.write(bytes);
        written += bytes.length;
    }

    private void pad(int multiple) throws IOException {
        write(new byte[(int) (-written & (multiple - 1))]);
    }
}
