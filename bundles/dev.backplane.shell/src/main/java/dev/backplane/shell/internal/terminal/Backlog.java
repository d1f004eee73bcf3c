package dev.backplane.shell.internal.terminal;

import java.io.IOException;

/** The last bytes of a stream that nobody sees at the moment. Not thread-safe. */
final class Backlog {
    private final byte[] ring;
    private long written;

    Backlog(int capacityBytes) {
        ring = new byte[capacityBytes];
    }

    void add(byte[] bytes, int offset, int length) {
        int skipped = Math.max(0, length - ring.length);
        written += skipped;
        for (int i = offset + skipped; i < offset + length; ) {
            int position = (int) (written % ring.length);
            int part = Math.min(offset + length - i, ring.length - position);
            System.arraycopy(bytes, i, ring, position, part);
            written += part;
            i += part;
        }
    }

    /** Hands over what is kept, oldest first, and forgets it. */
    void drainTo(Target target) throws IOException {
        int kept = (int) Math.min(written, ring.length);
        int begin = (int) ((written - kept) % ring.length);
        int first = Math.min(kept, ring.length - begin);
        written = 0;
        target.write(ring, begin, first);
        target.write(ring, 0, kept - first);
    }

    /** Where bytes go. */
    @FunctionalInterface
    interface Target {
        void write(byte[] bytes, int offset, int length) throws IOException;
    }
}
