package dev.backplane.cpu.kvm.internal;

/** The kinds of {@link dev.backplane.api.cpu.VcpuState.Event} (Intel SDM 3C, 25.8.3). */
final class EventKind {
    static final int EXTERNAL = 0;
    static final int NMI = 2;
    static final int EXCEPTION = 3;
    static final int SOFTWARE_INTERRUPT = 4;
    static final int SOFTWARE_EXCEPTION = 6;

    static final int NMI_VECTOR = 2;
    /** The length of INT n, which the host does not tell. */
    static final int INT_BYTES = 2;

    private EventKind() {}
}
