package dev.backplane.machine.pc.internal.bus;

import org.jspecify.annotations.Nullable;

/** What answers on a bus where nothing has a fixed place: windows that the guest moves. Called on vCPU threads; no lock, no allocation. */
@FunctionalInterface
public interface Behind {
    /** Nothing. */
    Behind NOTHING = address -> null;

    /**
     * The window in which an address lies at this moment.
     *
     * @param address the address
     * @return null where there is none
     */
    @Nullable
    Claim at(long address);
}
