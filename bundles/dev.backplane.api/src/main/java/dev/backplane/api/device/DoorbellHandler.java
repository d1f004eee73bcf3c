package dev.backplane.api.device;

import org.osgi.annotation.versioning.ProviderType;

/**
 * The side of a window that the kernel gives to a board, where writes may come as mere signals too: from a host that tells of them on
 * another thread than the vCPU's.
 */
@ProviderType
public interface DoorbellHandler extends RegisterHandler {
    /**
     * What rings a doorbell. Called while the device is attached.
     *
     * @param offset from the window's first address
     * @param size 1, 2, 4 or 8 bytes
     * @param value what the part's handler is to see as written
     * @return callable on any thread, for as long as the window is there; does not block, allocates nothing, throws nothing. The part gets
     *     the write on that thread. While no part runs it is kept, and made once one does
     */
    Runnable doorbell(long offset, int size, long value);
}
