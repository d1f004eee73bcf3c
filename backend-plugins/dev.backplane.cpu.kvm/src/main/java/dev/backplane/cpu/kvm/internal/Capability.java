package dev.backplane.cpu.kvm.internal;

/** What is needed of a host's KVM, with its number in {@code linux/kvm.h}. */
enum Capability {
    USER_MEMORY(3),
    SET_TSS_ADDR(4),
    EXT_CPUID(7),
    MP_STATE(14),
    IRQ_ROUTING(25),
    IRQFD(32),
    IOEVENTFD(36),
    SET_IDENTITY_MAP_ADDR(37),
    ADJUST_CLOCK(39),
    VCPU_EVENTS(41),
    DEBUGREGS(50),
    XSAVE(55),
    XCRS(56),
    TSC_DEADLINE_TIMER(72),
    SYNC_REGS(74),
    SIGNAL_MSI(77),
    SPLIT_IRQCHIP(121),
    IOEVENTFD_ANY_LENGTH(122),
    X2APIC_API(129),
    IMMEDIATE_EXIT(136),
    X86_USER_SPACE_MSR(188);

    private final int number;

    Capability(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }
}
