package dev.backplane.cpu.kvm.internal;

/** Offsets and flags of {@code struct kvm_vcpu_events}. */
final class EventLayout {
    static final long EXCEPTION_INJECTED = 0;
    static final long EXCEPTION_NUMBER = 1;
    static final long EXCEPTION_HAS_ERROR = 2;
    static final long EXCEPTION_PENDING = 3;
    static final long EXCEPTION_ERROR = 4;
    static final long INTERRUPT_INJECTED = 8;
    static final long INTERRUPT_NUMBER = 9;
    static final long INTERRUPT_SOFT = 10;
    static final long SHADOW = 11;
    static final long NMI_INJECTED = 12;
    static final long NMI_PENDING = 13;
    static final long NMI_MASKED = 14;
    static final long FLAGS = 20;

    static final int SHADOW_OF_STI = 1;
    static final int HAS_NMI_PENDING = 1;
    static final int HAS_SHADOW = 4;

    private EventLayout() {}
}
