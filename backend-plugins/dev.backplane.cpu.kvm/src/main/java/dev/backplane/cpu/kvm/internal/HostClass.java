package dev.backplane.cpu.kvm.internal;

/** What a host's KVM is good for. */
enum HostClass {
    /** There is none. */
    ABSENT,
    /** This user may not use it. */
    DENIED,
    /** It lacks something that is needed. */
    TOO_OLD,
    /** It runs user mode on the processor and emulates kernels, slowly and with gaps. */
    EMULATED_SUPERVISOR,
    /** It virtualises. */
    FULL;

    boolean usable() {
        return this == EMULATED_SUPERVISOR || this == FULL;
    }
}
