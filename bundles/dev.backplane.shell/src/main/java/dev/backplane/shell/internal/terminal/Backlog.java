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
        byte[] kept = toByteArray();
        written = 0;
        target.write(kept, 0, kept.length);
    }

    /** What is kept, oldest first. */
    byte[] toByteArray() {
        int kept = (int) Math.min(written, ring.length);
        int begin = (int) ((written - kept) % ring.length);
        int first = Math.min(kept, ring.length - begin);
        byte[] bytes = new byte[kept];
        System.arraycopy(ring, begin, bytes, 0, first);
        System.arraycopy(ring, 0, bytes, first, kept - first);
        return bytes;
    }

    /** Where bytes go. */
    @FunctionalInterface
    interface Target {
        void write(byte[] bytes, int offset, int length) throws IOException;
    }
}
