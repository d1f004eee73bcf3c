package dev.backplane.x86.system;

import dev.backplane.x86.apic.LocalApic;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;

/**
 * The model-specific registers (SDM 4): what the architecture has, what Linux reads on a GenuineIntel family 6 without
 * catching faults, and KVM's paravirtual ones. Every other number is #GP(0). One per vCPU.
 */
final class Msrs {
    static final int TSC = 0x10;
    static final int TSC_ADJUST = 0x3b;
    static final int TSC_DEADLINE = 0x6e0;
    static final int EFER = 0xc000_0080;
    static final int STAR = 0xc000_0081;
    static final int LSTAR = 0xc000_0082;
    static final int CSTAR = 0xc000_0083;
    static final int FMASK = 0xc000_0084;
    static final int KERNEL_GS_BASE = 0xc000_0102;
    static final int TSC_AUX = 0xc000_0103;
    static final int SYSENTER_CS = 0x174;
    static final int SYSENTER_ESP = 0x175;
    static final int SYSENTER_EIP = 0x176;
    static final int MISC_ENABLE = 0x1a0;
    static final int PAT = 0x277;
    static final int SPEC_CTRL = 0x48;
    static final int DEBUGCTL = 0x1d9;

    private static final int PLATFORM_ID = 0x17;
    private static final int APIC_BASE = 0x1b;
    private static final int EBL_CR_POWERON = 0x2a;
    private static final int FEATURE_CONTROL = 0x3a;
    private static final int PRED_CMD = 0x49;
    private static final int UCODE_WRITE = 0x79;
    private static final int UCODE_REVISION = 0x8b;
    private static final int ARCH_CAPABILITIES = 0x10a;
    private static final int MCG_CAP = 0x179;
    private static final int MCG_STATUS = 0x17a;
    private static final int PERF_STATUS = 0x198;
    private static final int FS_BASE = 0xc000_0100;
    private static final int GS_BASE = 0xc000_0101;

    private static final long FEATURE_CONTROL_LOCKED = 1;
    private static final long REVISION = 1L << 32;
    /** Fast strings on, branch trace and precise event storage unavailable. */
    private static final long MISC_ENABLE_RESET = 1 | 1 << 11 | 1 << 12;

    /** IBRS, STIBP and BHI_DIS_S, without effect. */
    private static final long SPEC_CTRL_BITS = 3 | 1 << 10;

    private static final long DEBUGCTL_BITS = 3;
    /**
     * A CPU that does not speculate has none of the flaws that software works around: RDCL_NO, IBRS_ALL,
     * SKIP_L1DFL_VMENTRY, SSB_NO, MDS_NO, IF_PSCHANGE_MC_NO, TAA_NO, SBDR_SSDP_NO, FBSDP_NO, PSDP_NO, BHI_NO, PBRSB_NO,
     * GDS_NO, RFDS_NO and ITS_NO.
     */
    private static final long ARCH_CAPABILITIES_VALUE = 1 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 8
            | 1 << 13 | 1 << 14 | 1 << 15 | 1 << 20 | 1 << 24 | 1 << 26 | 1 << 27 | 1L << 62;

    private final ControlRegisters control;
    private final LocalApic apic;
    private final VcpuClock clock;
    private final KvmClock kvm;
    private Mtrrs mtrrs = new Mtrrs();
    private long specCtrl;
    private long debugCtl;
    private long mcgStatus;

    Msrs(ControlRegisters control, LocalApic apic, VcpuClock clock, KvmClock kvm) {
        this.control = control;
        this.apic = apic;
        this.clock = clock;
        this.kvm = kvm;
    }

    /** The values after power-on. INIT changes none of them but EFER (SDM 3A, table 11-1). */
    void reset(Cpu c) {
        mtrrs = new Mtrrs();
        specCtrl = 0;
        debugCtl = 0;
        mcgStatus = 0;
        c.miscEnable = MISC_ENABLE_RESET;
        c.pat = 0x0007_0406_0007_0406L;
        c.star = 0;
        c.lstar = 0;
        c.cstar = 0;
        c.fmask = 0;
        c.kernelGsBase = 0;
        c.tscAux = 0;
        c.sysenterCs = 0;
        c.sysenterEsp = 0;
        c.sysenterEip = 0;
        clock.setAdjust(0);
        kvm.reset();
    }

    long read(Cpu c, int number) {
        return switch (number) {
            case TSC -> clock.tsc();
            case PLATFORM_ID, EBL_CR_POWERON, UCODE_WRITE, MCG_CAP, PERF_STATUS -> 0;
            case APIC_BASE -> apic.base();
            case FEATURE_CONTROL -> FEATURE_CONTROL_LOCKED;
            case TSC_ADJUST -> clock.adjust();
            case SPEC_CTRL -> specCtrl;
            case UCODE_REVISION -> REVISION;
            case ARCH_CAPABILITIES -> ARCH_CAPABILITIES_VALUE;
            case SYSENTER_CS -> c.sysenterCs;
            case SYSENTER_ESP -> c.sysenterEsp;
            case SYSENTER_EIP -> c.sysenterEip;
            case MCG_STATUS -> mcgStatus;
            case MISC_ENABLE -> c.miscEnable;
            case DEBUGCTL -> debugCtl;
            case PAT -> c.pat;
            case TSC_DEADLINE -> apic.tscDeadline();
            case EFER -> c.efer;
            case STAR -> c.star;
            case LSTAR -> c.lstar;
            case CSTAR -> c.cstar;
            case FMASK -> c.fmask;
            case FS_BASE -> c.segmentBase[Seg.FS];
            case GS_BASE -> c.segmentBase[Seg.GS];
            case KERNEL_GS_BASE -> c.kernelGsBase;
            case TSC_AUX -> c.tscAux;
            default -> readRange(c, number);
        };
    }

    private long readRange(Cpu c, int number) {
        if (number >>> 8 == 8) {
            long value = apic.readMsr(number);
            check(c, value != LocalApic.MSR_FAULT);
            return value;
        }
        if (Mtrrs.contains(number)) {
            return mtrrs.read(number);
        }
        check(c, KvmClock.contains(number));
        return kvm.read(number);
    }

    void write(Cpu c, int number, long value) {
        switch (number) {
            case TSC -> {
                clock.setTsc(value);
                tscMoved();
            }
            case TSC_ADJUST -> {
                clock.setAdjust(value);
                tscMoved();
            }
            case TSC_DEADLINE -> apic.setTscDeadline(value);
            case APIC_BASE -> check(c, apic.setBase(value, CpuModel.RESERVED_ADDRESS_BITS));
            case EFER -> control.setEfer(c, value);
            case STAR -> c.star = value;
            case LSTAR -> c.lstar = canonical(c, value);
            case CSTAR -> c.cstar = canonical(c, value);
            case FMASK -> c.fmask = narrow(c, value);
            case FS_BASE -> c.segmentBase[Seg.FS] = canonical(c, value);
            case GS_BASE -> c.segmentBase[Seg.GS] = canonical(c, value);
            case KERNEL_GS_BASE -> c.kernelGsBase = canonical(c, value);
            case TSC_AUX -> c.tscAux = narrow(c, value);
            case SYSENTER_CS -> c.sysenterCs = value & 0xffff_ffffL;
            case SYSENTER_ESP -> c.sysenterEsp = canonical(c, value);
            case SYSENTER_EIP -> c.sysenterEip = canonical(c, value);
            case PAT -> {
                check(c, isPat(value));
                c.pat = value;
            }
            case SPEC_CTRL -> specCtrl = within(c, value, SPEC_CTRL_BITS);
            case PRED_CMD -> within(c, value, 1);
            case DEBUGCTL -> debugCtl = within(c, value, DEBUGCTL_BITS);
            case MISC_ENABLE -> c.miscEnable = value;
            case MCG_STATUS -> mcgStatus = within(c, value, 0);
            case PLATFORM_ID, EBL_CR_POWERON, UCODE_WRITE, UCODE_REVISION -> {
                // Written by kernels on their way to a microcode update, which is not taken.
            }
            default -> writeRange(c, number, value);
        }
    }

    /**
     * Takes a register of a saved state: without checks that a guest's write would meet, and without its effects. What this CPU
     * does not have is left out; the TSC itself follows from the clock and its adjustment.
     */
    void load(Cpu c, int number, long value) {
        switch (number) {
            case TSC -> {}
            case EFER -> c.efer = value;
            case TSC_ADJUST -> clock.setAdjust(value);
            default -> {
                if (KvmClock.contains(number)) {
                    kvm.load(number, value);
                } else if (isKnown(number)) {
                    write(c, number, value);
                }
            }
        }
    }

    private static boolean isKnown(int number) {
        return switch (number) {
            case STAR, LSTAR, CSTAR, FMASK, KERNEL_GS_BASE, TSC_AUX -> true;
            case SYSENTER_CS, SYSENTER_ESP, SYSENTER_EIP, MISC_ENABLE, PAT -> true;
            case SPEC_CTRL, DEBUGCTL, TSC_DEADLINE, MCG_STATUS -> true;
            default -> Mtrrs.contains(number) && number != Mtrrs.CAPABILITIES;
        };
    }

    private void writeRange(Cpu c, int number, long value) {
        if (number >>> 8 == 8) {
            check(c, apic.writeMsr(number, value));
        } else if (Mtrrs.contains(number)) {
            check(c, mtrrs.write(number, value));
        } else {
            check(c, KvmClock.contains(number) && kvm.write(number, value));
        }
    }

    private void tscMoved() {
        apic.tscMoved();
        kvm.tscMoved();
    }

    private static boolean isPat(long value) {
        for (int shift = 0; shift < 64; shift += 8) {
            long type = value >>> shift & 0xff;
            if (type > 7 || type == 2 || type == 3) {
                return false;
            }
        }
        return true;
    }

    private static long canonical(Cpu c, long value) {
        check(c, Selectors.canonicalBase(c, value));
        return value;
    }

    private static long narrow(Cpu c, long value) {
        return within(c, value, 0xffff_ffffL);
    }

    private static long within(Cpu c, long value, long bits) {
        check(c, (value & ~bits) == 0);
        return value;
    }

    private static void check(Cpu c, boolean good) {
        if (!good) {
            throw c.fault(Vector.GP, 0);
        }
    }
}
