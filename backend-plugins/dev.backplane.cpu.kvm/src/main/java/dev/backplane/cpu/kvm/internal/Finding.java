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
        int preference = hostClass == HostClass.FULL ? PREFERENCE : 0;
        return new CpuProbe(preference, hostClass.usable(), toString());
    }

    @Override
    public String toString() {
        return hostClass + ": " + reason;
    }
}
