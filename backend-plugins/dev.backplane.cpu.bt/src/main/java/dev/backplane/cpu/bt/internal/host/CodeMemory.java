package dev.backplane.cpu.bt.internal.host;

import java.lang.foreign.MemorySegment;

/**
 * Memory for machine code: one memory file mapped twice, to be written here and executed there, so that no page is both. A
 * page without any access lies on each side.
 */
public final class CodeMemory implements AutoCloseable {
    private static final long GUARD = 4096;
    /** So much is written before it leaves the writable side: few calls, and few pages that are resident twice. */
    private static final long WRITTEN = 1 << 20;

    private final HostCalls host;
    private final long bytes;
    private final long writable;
    private final long executable;
    private final MemorySegment segment;
    private long forgotten;
    private boolean closed;

    /** Maps {@code bytes}, a multiple of the page size. */
    @SuppressWarnings("restricted")
    public CodeMemory(long bytes) {
        host = new HostCalls();
        this.bytes = bytes;
        int file = host.memoryFile("backplane-bt-code", bytes);
        try {
            writable = map(file, HostCalls.PROT_READ | HostCalls.PROT_WRITE);
            executable = map(file, HostCalls.PROT_READ | HostCalls.PROT_EXEC);
        } finally {
            host.close(file);
        }
        segment = MemorySegment.ofAddress(writable).reinterpret(bytes);
    }

    private long map(int file, int protection) {
        long around = host.map(
                0,
                bytes + 2 * GUARD,
                HostCalls.PROT_NONE,
                HostCalls.MAP_PRIVATE | HostCalls.MAP_ANONYMOUS | HostCalls.MAP_NORESERVE,
                -1);
        return host.map(around + GUARD, bytes, protection, HostCalls.MAP_SHARED | HostCalls.MAP_FIXED, file);
    }

    /** Where code is written. */
    public MemorySegment segment() {
        return segment;
    }

    /**
     * What lies before an offset has been written. Most of it is not written again, so it need not be resident on this side; what is,
     * comes back by itself. The thread that writes.
     */
    public void written(long end) {
        if (end < forgotten) {
            forgotten = 0;
        }
        if (end - forgotten >= WRITTEN) {
            forgotten = end & -WRITTEN;
            host.forget(writable, forgotten);
        }
    }

    /** The address at which the byte at an offset of the segment is executed. */
    public long address(long offset) {
        return executable + offset;
    }

    /** The offset of an address that is executed. */
    public long offset(long address) {
        return address - executable;
    }

    /** Unmaps it: nothing executes it any more, and nobody writes. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            host.unmap(writable - GUARD, bytes + 2 * GUARD);
            host.unmap(executable - GUARD, bytes + 2 * GUARD);
        }
    }
}
