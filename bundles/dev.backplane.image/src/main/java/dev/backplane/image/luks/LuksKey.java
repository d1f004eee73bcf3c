package dev.backplane.image.luks;

import java.util.Arrays;

/** The key of a disk. Wiped when it is closed. */
public final class LuksKey implements AutoCloseable {
    private final LuksCipher cipher;
    private final byte[] bytes;
    private boolean closed;

    /** Keeps the bytes themselves. */
    LuksKey(LuksCipher cipher, byte[] bytes) {
        this.cipher = cipher;
        this.bytes = bytes;
    }

    /** Works with it, for one thread at a time. */
    synchronized SectorCipher cipher() {
        if (closed) {
            throw new IllegalStateException("the key has been wiped");
        }
        return cipher.with(bytes);
    }

    @Override
    public synchronized void close() {
        closed = true;
        Arrays.fill(bytes, (byte) 0);
    }
}
