package dev.backplane.x86.system;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.FaultOp;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Vector;
import org.jspecify.annotations.Nullable;

/** Control and debug registers, TLB and cache control, HLT. */
final class ControlOps {
    /** LMSW reaches the lowest four bits of CR0. */
    private static final long MACHINE_STATUS_WORD = Bits.CR0_PE | Bits.CR0_MP | Bits.CR0_EM | Bits.CR0_TS;

    private final ControlRegisters control;

    ControlOps(ControlRegisters control) {
        this.control = control;
    }

    @Nullable
    Op op(Insn i) {
        return switch (i.mnemonic()) {
            case MOV_FROM_CR -> isControl(i.reg) ? SysOp.inline(i, this::readControl) : undefined();
            case MOV_TO_CR -> isControl(i.reg) ? SysOp.last(i, this::writeControl) : undefined();
            case MOV_FROM_DR -> SysOp.inline(i, (c, o) -> put(c, o.rm, DebugRegisters.read(c, o.reg)));
            case MOV_TO_DR -> SysOp.last(i, (c, o) -> DebugRegisters.write(c, o.reg, get(c, o.rm)));
            case SMSW ->
                SysOp.writes(i, 2, (c, o) -> {
                    Privilege.tablesVisible(c);
                    o.write(c, c.cr0);
                });
            case LMSW -> SysOp.reads(i, 2, true, this::lmsw);
            case CLTS ->
                SysOp.last(i, (c, o) -> {
                    Privilege.ring0(c);
                    c.cr0 &= ~Bits.CR0_TS;
                    c.modeChanged();
                });
            case INVLPG ->
                SysOp.reads(i, 1, true, (c, o) -> {
                    Privilege.ring0(c);
                    c.mmu.invalidate(o.unchecked(c));
                });
            case INVPCID -> SysOp.reads(i, 16, true, ControlOps::invpcid);
            case INVD, WBINVD -> SysOp.inline(i, (c, o) -> Privilege.ring0(c));
            case HLT ->
                SysOp.last(i, (c, o) -> {
                    Privilege.ring0(c);
                    c.halted = true;
                });
            case CLAC -> new AccessOp(false);
            case STAC -> new AccessOp(true);
            case XGETBV -> SysOp.inline(i, ControlOps::xgetbv);
            case XSETBV -> SysOp.last(i, this::xsetbv);
            case MONITOR, MWAIT, RSM -> undefined();
            default -> null;
        };
    }

    private static Op undefined() {
        return new FaultOp(Vector.UD, EventDelivery.NO_ERROR_CODE);
    }

    private static boolean isControl(int number) {
        return number == 0 || number >= 2 && number <= 4 || number == 8;
    }

    private static long get(Cpu c, int register) {
        return c.long64 ? c.r[register] : c.r[register] & 0xffff_ffffL;
    }

    private static void put(Cpu c, int register, long value) {
        c.r[register] = c.long64 ? value : value & 0xffff_ffffL;
    }

    private void readControl(Cpu c, SysOp o) {
        Privilege.ring0(c);
        put(
                c,
                o.rm,
                switch (o.reg) {
                    case 0 -> c.cr0;
                    case 2 -> c.cr2;
                    case 3 -> c.cr3;
                    case 4 -> c.cr4;
                    default -> control.cr8();
                });
    }

    private void writeControl(Cpu c, SysOp o) {
        Privilege.ring0(c);
        long value = get(c, o.rm);
        switch (o.reg) {
            case 0 -> control.setCr0(c, value);
            case 2 -> c.cr2 = value;
            case 3 -> control.setCr3(c, value);
            case 4 -> control.setCr4(c, value);
            default -> control.setCr8(c, value);
        }
    }

    private void lmsw(Cpu c, SysOp o) {
        Privilege.ring0(c);
        long value = o.read(c) & MACHINE_STATUS_WORD;
        // PE can be set, not cleared.
        control.setCr0(c, c.cr0 & ~(MACHINE_STATUS_WORD & ~Bits.CR0_PE) | value);
    }

    private static void invpcid(Cpu c, SysOp o) {
        Privilege.ring0(c);
        long pcid = o.readBehind(c, 0, 8);
        long linear = o.readBehind(c, 8, 8);
        long type = get(c, o.reg);
        boolean single = type == 0 || type == 1;
        boolean good = type >= 0
                && type <= 3
                && (pcid & ~0xfffL) == 0
                && (!single || pcid == 0 || (c.cr4 & Bits.CR4_PCIDE) != 0)
                && (type != 0 || Selectors.canonical(c, linear));
        if (!good) {
            throw c.fault(Vector.GP, 0);
        }
        boolean current = (c.cr4 & Bits.CR4_PCIDE) == 0 || pcid == (c.cr3 & 0xfff);
        if (type == 2) {
            c.mmu.flushAll();
        } else if (type == 3) {
            c.mmu.flushContexts();
        } else if (!current) {
            c.mmu.forgetContext((int) pcid);
        } else if (type == 0) {
            c.mmu.invalidate(linear);
        } else {
            c.mmu.flushLocal();
        }
    }

    private static void xgetbv(Cpu c, SysOp o) {
        Privilege.enabled(c, Bits.CR4_OSXSAVE);
        if ((int) c.r[Gpr.RCX] != 0) {
            throw c.fault(Vector.GP, 0);
        }
        c.r[Gpr.RAX] = c.xcr0 & 0xffff_ffffL;
        c.r[Gpr.RDX] = c.xcr0 >>> 32;
    }

    private void xsetbv(Cpu c, SysOp o) {
        Privilege.enabled(c, Bits.CR4_OSXSAVE);
        Privilege.ring0(c);
        long value = c.r[Gpr.RDX] << 32 | c.r[Gpr.RAX] & 0xffff_ffffL;
        control.setXcr0(c, (int) c.r[Gpr.RCX], value);
    }

    /** CLAC and STAC, around every copy between a kernel and its user: they only choose another TLB. */
    private static final class AccessOp extends Op {
        private final boolean set;

        AccessOp(boolean set) {
            this.set = set;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            if (c.cpl != 0) {
                throw c.undefined();
            }
            c.systemFlags = set ? c.systemFlags | Bits.AC : c.systemFlags & ~Bits.AC;
            c.mmu.privilegeChanged();
            return next;
        }
    }
}
