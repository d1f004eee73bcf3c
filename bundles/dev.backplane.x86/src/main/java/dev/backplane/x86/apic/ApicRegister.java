package dev.backplane.x86.apic;

/** Offsets of the registers in the xAPIC page (12.4.1); an x2APIC MSR is 0x800 + offset / 16 (12.12.1.2). */
final class ApicRegister {
    static final int ID = 0x020;
    static final int VERSION = 0x030;
    static final int TPR = 0x080;
    static final int APR = 0x090;
    static final int PPR = 0x0a0;
    static final int EOI = 0x0b0;
    static final int RRD = 0x0c0;
    static final int LDR = 0x0d0;
    static final int DFR = 0x0e0;
    static final int SVR = 0x0f0;
    static final int ISR = 0x100;
    static final int TMR = 0x180;
    static final int IRR = 0x200;
    static final int ESR = 0x280;
    static final int ICR_LOW = 0x300;
    static final int ICR_HIGH = 0x310;
    static final int LVT_TIMER = 0x320;
    static final int LVT_THERMAL = 0x330;
    static final int LVT_PERFORMANCE = 0x340;
    static final int LVT_LINT0 = 0x350;
    static final int LVT_LINT1 = 0x360;
    static final int LVT_ERROR = 0x370;
    static final int INITIAL_COUNT = 0x380;
    static final int CURRENT_COUNT = 0x390;
    static final int DIVIDE = 0x3e0;
    static final int SELF_IPI = 0x3f0;

    /** Six local vector table entries, version 1.4, no suppression of EOI broadcasts. */
    static final int VERSION_VALUE = 0x0005_0014;

    private ApicRegister() {}
}
