package dev.backplane.cpu.kvm.internal;

/** Numbers of model-specific registers. */
final class Msr {
    static final int TSC = 0x10;
    static final int TSC_ADJUST = 0x3b;
    static final int SPEC_CTRL = 0x48;
    static final int SYSENTER_CS = 0x174;
    static final int SYSENTER_ESP = 0x175;
    static final int SYSENTER_EIP = 0x176;
    static final int MISC_ENABLE = 0x1a0;
    static final int DEBUGCTL = 0x1d9;
    static final int PAT = 0x277;
    static final int TSC_DEADLINE = 0x6e0;
    static final int KVM_WALL_CLOCK = 0x4b56_4d00;
    static final int KVM_SYSTEM_TIME = 0x4b56_4d01;
    static final int KVM_STEAL_TIME = 0x4b56_4d03;
    static final int EFER = 0xc000_0080;
    static final int STAR = 0xc000_0081;
    static final int LSTAR = 0xc000_0082;
    static final int CSTAR = 0xc000_0083;
    static final int FMASK = 0xc000_0084;
    static final int KERNEL_GS_BASE = 0xc000_0102;
    static final int TSC_AUX = 0xc000_0103;

    private Msr() {}
}
