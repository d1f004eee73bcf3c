package dev.backplane.api.device;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Answers a guest's accesses to one window. Called on vCPU threads, on several at once; never blocks, allocates nothing in
 * the steady state, throws nothing: an access that makes no sense reads ones and is otherwise ignored.
 */
@ConsumerType
public interface RegisterHandler {
    /**
     * A read.
     *
     * @param offset from the window's first address
     * @param size 1, 2, 4 or 8 bytes, wholly within the window
     * @return the value, zero-extended; bits above {@code size} are ignored
     */
    long read(long offset, int size);

    /**
     * A write.
     *
     * @param offset from the window's first address
     * @param size 1, 2, 4 or 8 bytes, wholly within the window
     * @param value the value, zero-extended
     */
    void write(long offset, int size, long value);
}
