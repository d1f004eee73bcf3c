package dev.backplane.api.part;

import java.util.Arrays;

/**
 * Bytes that nobody else is to see, kept by a bay for the successor of the part that found them out: a {@link PartContext#resource resource}
 * like an open file, and never part of a state. Wiped when the bay gives it up. Any thread.
 *
 * <pre>{@code
 * Secret key = context.resource("key", Secret.class, () -> new Secret(unlock()));
 * }</pre>
 */
public final class Secret implements AutoCloseable {
    private final byte[] bytes;
    private boolean closed;

    /**
     * A secret.
     *
     * @param bytes kept as they are, and wiped with it: nobody else uses them any more
     */
    public Secret(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * The bytes.
     *
     * @return a copy, which the caller wipes
     * @throws IllegalStateException when it has been closed
     */
    public synchronized byte[] copy() {
        if (closed) {
            throw new IllegalStateException("the secret has been given up");
        }
        return bytes.clone();
    }

    /** Wipes it. */
    @Override
    public synchronized void close() {
        closed = true;
        Arrays.fill(bytes, (byte) 0);
    }

    @Override
    public String toString() {
        return "a secret";
    }
}
