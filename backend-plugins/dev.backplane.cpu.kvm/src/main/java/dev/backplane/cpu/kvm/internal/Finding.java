package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.cpu.CpuProbe;

/**
 * What the probe found out.
 *
 * @param hostClass what the host is good for
 * @param reason why, for people
 */
record Finding(HostClass hostClass, String reason) {
    /** Above any backend that does not execute on the host's own processor. */
    private static final int PREFERENCE = 100;

    CpuProbe probe() {
        boolean full = hostClass == HostClass.FULL;
        return new CpuProbe(full ? PREFERENCE : 0, hostClass.usable(), toString(), full);
    }

    @Override
    public String toString() {
        return hostClass + ": " + reason;
    }
}
