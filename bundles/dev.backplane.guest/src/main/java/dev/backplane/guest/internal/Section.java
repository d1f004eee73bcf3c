package dev.backplane.guest.internal;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** Exactly the next so many bytes of an archive, read where they lie. An archive that ends before them is an error. */
final class Section extends InputStream {
    private final InputStream archive;
    private final String name;
    private long remaining;

    Section(InputStream archive, String name, long length) {
        this.archive = archive;
        this.name = name;
        this.remaining = length;
    }

    @Override
    public int read() throws IOException {
        if (remaining == 0) {
            return -1;
        }
        int next = archive.read();
        if (next < 0) {
            throw truncated();
        }
        remaining--;
        return next;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (remaining == 0) {
            return -1;
        }
        int count = archive.read(target, offset, (int) Math.min(length, remaining));
        if (count < 0) {
            throw truncated();
        }
        remaining -= count;
        return count;
    }

    @Override
    public int available() throws IOException {
        return (int) Math.min(remaining, archive.available());
    }

    /** Passes over what was not read. */
    void finish() throws IOException {
        archive.skipNBytes(remaining);
        remaining = 0;
    }

    /** Leaves the archive open: it goes on behind this section. */
    @Override
    public void close() {}

    private EOFException truncated() {
        return new EOFException("the archive ends inside '" + name + "', " + remaining + " bytes too early");
    }
}
