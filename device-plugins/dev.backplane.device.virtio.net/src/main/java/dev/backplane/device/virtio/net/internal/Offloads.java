package dev.backplane.device.virtio.net.internal;

import static dev.backplane.device.virtio.net.internal.NetLayout.*;

import dev.backplane.api.network.Offload;
import java.util.EnumSet;
import java.util.Set;

/** Which work the two sides leave to each other, by feature bits. */
final class Offloads {
    /** What the driver may leave to the device. */
    static final long HOST = 1L << F_CSUM | 1L << F_HOST_TSO4 | 1L << F_HOST_TSO6 | 1L << F_HOST_ECN;

    /** What the device may leave to the driver, also what its command may set (5.1.6.5.6.1). */
    static final long GUEST = 1L << F_GUEST_CSUM | 1L << F_GUEST_TSO4 | 1L << F_GUEST_TSO6 | 1L << F_GUEST_ECN;

    private Offloads() {}

    /** What the driver may leave to the device. */
    static Set<Offload> ofDevice(long features) {
        return of(features, F_CSUM, F_HOST_TSO4, F_HOST_TSO6, F_HOST_ECN);
    }

    /** What the device may leave to the driver. */
    static Set<Offload> ofDriver(long features) {
        return of(features, F_GUEST_CSUM, F_GUEST_TSO4, F_GUEST_TSO6, F_GUEST_ECN);
    }

    private static Set<Offload> of(long features, int checksum, int tcp4, int tcp6, int congestion) {
        Set<Offload> all = EnumSet.noneOf(Offload.class);
        add(all, features, checksum, Offload.CHECKSUM);
        add(all, features, tcp4, Offload.TCP4);
        add(all, features, tcp6, Offload.TCP6);
        add(all, features, congestion, Offload.TCP_ECN);
        return Set.copyOf(all);
    }

    private static void add(Set<Offload> all, long features, int bit, Offload offload) {
        if ((features >>> bit & 1) != 0) {
            all.add(offload);
        }
    }
}
