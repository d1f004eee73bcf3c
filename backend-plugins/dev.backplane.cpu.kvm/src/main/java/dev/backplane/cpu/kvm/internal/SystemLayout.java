package dev.backplane.cpu.kvm.internal;

/** Offsets in {@code struct kvm_sregs} behind the segments. */
final class SystemLayout {
    static final long GDT = 192;
    static final long IDT = 208;
    /** Of a table's limit, behind its base. */
    static final long TABLE_LIMIT = 8;

    static final long CR0 = 224;
    static final long CR2 = 232;
    static final long CR3 = 240;
    static final long CR4 = 248;
    static final long CR8 = 256;
    static final long EFER = 264;
    static final long APIC_BASE = 272;
    /** Four words of which one bit may be set: the external interrupt that is being delivered. */
    static final long INTERRUPT_BITMAP = 280;

    private SystemLayout() {}
}
