package dev.backplane.x86.system;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.FaultOp;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;
import org.jspecify.annotations.Nullable;

/** Moves to and from segment and descriptor table registers, and questions about descriptors. */
final class SegmentOps {
    private static final long NO_DESCRIPTOR = 0;
    private static final long LAR_BITS = 0x00f0_ff00L;
    /** Types of system descriptors that LAR and LSL know, legacy modes and long mode (SDM 2A, tables 3-54 and 3-57). */
    private static final int LAR_LEGACY = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 9 | 1 << 11 | 1 << 12;

    private static final int LAR_LONG = 1 << 2 | 1 << 9 | 1 << 11 | 1 << 12;
    private static final int LSL_LEGACY = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 9 | 1 << 11;
    private static final int LSL_LONG = 1 << 2 | 1 << 9 | 1 << 11;

    private final StackReader reader = new StackReader();
    private final StackWriter writer = new StackWriter();

    @Nullable
    Op op(Insn i) {
        return switch (i.mnemonic()) {
            case MOV_FROM_SEG ->
                i.extension() > Seg.GS ? undefined() : SysOp.writes(i, 2, (c, o) -> o.write(c, c.selector[o.reg & 7]));
            case MOV_TO_SEG -> moveTo(i);
            case LES -> farPointer(i, Seg.ES);
            case LDS -> farPointer(i, Seg.DS);
            case LSS -> farPointer(i, Seg.SS);
            case LFS -> farPointer(i, Seg.FS);
            case LGS -> farPointer(i, Seg.GS);
            case PUSH_SEG -> SysOp.lastOnStack(i, pushing(number(i)));
            case POP_SEG -> SysOp.lastOnStack(i, popping(number(i)));
            case SLDT -> SysOp.writes(i, 2, (c, o) -> store(c, o, Seg.LDTR));
            case STR -> SysOp.writes(i, 2, (c, o) -> store(c, o, Seg.TR));
            case LLDT -> SysOp.reads(i, 2, true, SegmentOps::lldt);
            case LTR -> SysOp.reads(i, 2, true, SegmentOps::ltr);
            case VERR -> SysOp.reads(i, 2, false, (c, o) -> verify(c, o, false));
            case VERW -> SysOp.reads(i, 2, false, (c, o) -> verify(c, o, true));
            case LAR -> SysOp.reads(i, 2, false, SegmentOps::lar);
            case LSL -> SysOp.reads(i, 2, false, SegmentOps::lsl);
            case ARPL -> SysOp.writes(i, 2, SegmentOps::arpl);
            case SGDT -> SysOp.writes(i, tableBytes(i), (c, o) -> storeTable(c, o, c.gdtLimit, c.gdtBase));
            case SIDT -> SysOp.writes(i, tableBytes(i), (c, o) -> storeTable(c, o, c.idtLimit, c.idtBase));
            case LGDT -> SysOp.reads(i, tableBytes(i), true, (c, o) -> loadTable(c, o, true));
            case LIDT -> SysOp.reads(i, tableBytes(i), true, (c, o) -> loadTable(c, o, false));
            default -> null;
        };
    }

    private static Op undefined() {
        return new FaultOp(Vector.UD, EventDelivery.NO_ERROR_CODE);
    }

    /** The segment register that PUSH and POP name in their opcode byte. */
    private static int number(Insn i) {
        return i.opcodeByte >> 3 & 7;
    }

    private static Op moveTo(Insn i) {
        // REX.R does not extend the number of a segment register.
        int segment = i.extension();
        if (segment == Seg.CS || segment > Seg.GS) {
            return undefined();
        }
        // In 64-bit mode nothing that decoded code depends on changes but with SS, which shields the next instruction.
        boolean ends = i.mode != Cpu.CODE64 || segment == Seg.SS;
        return SysOp.reads(i, 2, ends, (c, o) -> {
            SegmentLoader.load(c, segment, (int) o.read(c));
            loaded(c, segment);
        });
    }

    private static void loaded(Cpu c, int segment) {
        if (segment == Seg.SS) {
            c.interruptShadow = true;
            c.stackShadow = true;
        }
        if (!c.long64) {
            c.modeChanged();
        }
    }

    private static Op farPointer(Insn i, int segment) {
        return SysOp.reads(i, i.operandBytes, true, (c, o) -> {
            long offset = o.readBehind(c, 0, o.bytes);
            int selector = (int) o.readBehind(c, o.bytes, 2);
            SegmentLoader.load(c, segment, selector);
            SysOp.setRegister(c, o.reg, o.bytes, offset);
            if (!c.long64) {
                c.modeChanged();
            }
        });
    }

    private SysOp.Action pushing(int segment) {
        return (c, o) -> {
            writer.current(c);
            writer.pushSelector(c, o.bytes, c.selector[segment]);
            c.r[Gpr.RSP] = writer.merge(c.r[Gpr.RSP]);
        };
    }

    private SysOp.Action popping(int segment) {
        return (c, o) -> {
            reader.start(c);
            int selector = reader.popSelector(c, o.bytes);
            SegmentLoader.load(c, segment, selector);
            reader.commit(c);
            loaded(c, segment);
        };
    }

    private static void store(Cpu c, SysOp o, int register) {
        Privilege.protectedMode(c);
        Privilege.tablesVisible(c);
        o.write(c, c.selector[register]);
    }

    private static void lldt(Cpu c, SysOp o) {
        Privilege.protectedMode(c);
        Privilege.ring0(c);
        SegmentLoader.loadLdt(c, (int) o.read(c));
    }

    private static void ltr(Cpu c, SysOp o) {
        Privilege.protectedMode(c);
        Privilege.ring0(c);
        SegmentLoader.loadTask(c, (int) o.read(c));
    }

    private static int tableBytes(Insn i) {
        return i.mode == Cpu.CODE64 ? 10 : 6;
    }

    private static void storeTable(Cpu c, SysOp o, int limit, long base) {
        Privilege.tablesVisible(c);
        int baseBytes = c.long64 ? 8 : 4;
        c.probeWrite(o.address(c), baseBytes + 2);
        o.writeBehind(c, 0, 2, limit);
        o.writeBehind(c, 2, baseBytes, baseBytes == 8 ? base : base & 0xffff_ffffL);
    }

    private static void loadTable(Cpu c, SysOp o, boolean global) {
        Privilege.ring0(c);
        int limit = (int) o.readBehind(c, 0, 2);
        long base = o.readBehind(c, 2, c.long64 ? 8 : 4);
        if (!c.long64 && o.bytes == 2) {
            base &= 0xff_ffff;
        }
        if (!Selectors.canonicalBase(c, base)) {
            throw c.fault(Vector.GP, 0);
        }
        if (global) {
            c.gdtBase = base;
            c.gdtLimit = limit;
        } else {
            c.idtBase = base;
            c.idtLimit = limit;
        }
    }

    private static void setZero(Cpu c, boolean zero) {
        int flags = c.flags();
        c.setArithmeticFlags(zero ? flags | Bits.ZF : flags & ~Bits.ZF);
    }

    /** The descriptor of a selector if this program may see it: within its table, of a known type, by privilege. */
    private static long visible(Cpu c, int selector, int legacyTypes, int longTypes) {
        if (Selectors.isNull(selector)) {
            return NO_DESCRIPTOR;
        }
        long address = Selectors.address(c, selector, 8);
        if (address == Selectors.NOWHERE) {
            return NO_DESCRIPTOR;
        }
        long descriptor = c.sysLoad64(address);
        int attributes = Descriptor.attributes(descriptor);
        if (Descriptor.isSystem(attributes)
                && ((Selectors.longMode(c) ? longTypes : legacyTypes) >>> Descriptor.type(attributes) & 1) == 0) {
            return NO_DESCRIPTOR;
        }
        boolean allowed = Descriptor.isConforming(attributes)
                || Descriptor.dpl(attributes) >= Math.max(c.cpl, Selectors.rpl(selector));
        return allowed ? descriptor : NO_DESCRIPTOR;
    }

    private static void lar(Cpu c, SysOp o) {
        Privilege.protectedMode(c);
        long descriptor = visible(c, (int) o.read(c) & 0xffff, LAR_LEGACY, LAR_LONG);
        if (descriptor != NO_DESCRIPTOR) {
            SysOp.setRegister(c, o.reg, o.bytes, descriptor >>> 32 & LAR_BITS);
        }
        setZero(c, descriptor != NO_DESCRIPTOR);
    }

    private static void lsl(Cpu c, SysOp o) {
        Privilege.protectedMode(c);
        long descriptor = visible(c, (int) o.read(c) & 0xffff, LSL_LEGACY, LSL_LONG);
        if (descriptor != NO_DESCRIPTOR) {
            SysOp.setRegister(c, o.reg, o.bytes, Descriptor.limit(descriptor));
        }
        setZero(c, descriptor != NO_DESCRIPTOR);
    }

    private static void verify(Cpu c, SysOp o, boolean write) {
        Privilege.protectedMode(c);
        int attributes = Descriptor.attributes(visible(c, (int) o.read(c) & 0xffff, 0, 0));
        setZero(c, write ? Descriptor.isWritableData(attributes) : Descriptor.isReadable(attributes));
    }

    private static void arpl(Cpu c, SysOp o) {
        Privilege.protectedMode(c);
        long target = o.memory ? c.load16(o.address(c)) : c.r[o.rm] & 0xffff;
        long wanted = Math.max(target & 3, c.r[o.reg] & 3);
        boolean raised = wanted != (target & 3);
        if (raised && o.memory) {
            // Where nothing is raised nothing is written, and the page may be one that cannot be.
            c.modifyLoad(o.address(c), 2);
            c.modifyStore(2, target & ~3 | wanted);
        } else if (raised) {
            SysOp.setRegister(c, o.rm, 2, target & ~3 | wanted);
        }
        setZero(c, raised);
    }
}
