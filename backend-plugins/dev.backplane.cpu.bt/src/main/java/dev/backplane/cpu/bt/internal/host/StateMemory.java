package dev.backplane.cpu.bt.internal.host;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Memory for one vCPU's state beside emitted code, zero at first, with a page without any access on each side. It is unmapped
 * when nobody refers to the segment any more, since other threads may write to it to the very end.
 */
public final class StateMemory {
    private static final long GUARD = 4096;

    private StateMemory() {}

    /** Maps {@code bytes}, a multiple of the page size. */
    @SuppressWarnings("restricted")
    public static MemorySegment map(long bytes) {
        HostCalls host = new HostCalls();
        int flags = HostCalls.MAP_PRIVATE | HostCalls.MAP_ANONYMOUS | HostCalls.MAP_NORESERVE;
        long around = host.map(0, bytes + 2 * GUARD, HostCalls.PROT_NONE, flags, -1);
        long address = host.map(
                around + GUARD, bytes, HostCalls.PROT_READ | HostCalls.PROT_WRITE, flags | HostCalls.MAP_FIXED, -1);
        return MemorySegment.ofAddress(address)
                .reinterpret(bytes, Arena.ofAuto(), gone -> host.unmap(around, bytes + 2 * GUARD));
    }
}
