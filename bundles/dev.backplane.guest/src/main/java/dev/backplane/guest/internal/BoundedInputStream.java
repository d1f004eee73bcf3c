package dev.backplane.guest.internal;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Fails when a stream yields more than was agreed: a few compressed kilobytes can expand to any length. */
final class BoundedInputStream extends FilterInputStream {
    private final long atMost;
    private final String what;
    private long count;

    BoundedInputStream(InputStream in, long atMost, String what) {
        super(in);
        this.atMost = atMost;
        this.what = what;
    }

    @Override
    public int read() throws IOException {
        int next = super.read();
        if (next >= 0) {
            account(1);
        }
        return next;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int read = super.read(target, offset, length);
        if (read > 0) {
            account(read);
        }
        return read;
    }

    @Override
    public long skip(long wanted) throws IOException {
        long skipped = super.skip(wanted);
        account(skipped);
        return skipped;
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    private void account(long more) throws IOException {
        count += more;
        if (count > atMost) {
            throw new IOException("'" + what + "' expands to more than " + atMost + " bytes");
        }
    }
}
