package dev.backplane.x86.system;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;

/**
 * Goes through an entry of the interrupt table: real mode (SDM 3A, 22.1.4), protected mode (7.12) and long mode (7.14). A
 * fault on the way leaves all registers as they were. One per vCPU.
 */
final class Gate {
    private static final int IDT = 2;
    private static final int CLEARED_BY_GATE = Bits.TF | Bits.NT | Bits.RF | Bits.VM;
    private static final int CLEARED_IN_REAL_MODE = Bits.TF | Bits.IF | Bits.AC | Bits.RF;

    private final StackWriter stack = new StackWriter();
    private final TaskSwitch tasks;

    Gate(TaskSwitch tasks) {
        this.tasks = tasks;
    }

    /**
     * Enters the handler of a vector; {@code c.nextRip} becomes its first instruction.
     *
     * @param errorCode what is pushed, or {@link EventDelivery#NO_ERROR_CODE}
     * @param software whether the gate's DPL guards it: INT n, INT3, INTO
     * @param returnRip the instruction pointer in the frame
     * @param flags the flags in the frame
     */
    void enter(Cpu c, int vector, int errorCode, boolean software, long returnRip, int flags) {
        if ((c.cr0 & Bits.CR0_PE) == 0) {
            enterReal(c, vector, returnRip, flags);
        } else if (Selectors.longMode(c)) {
            enterLong(c, vector, errorCode, software, returnRip, flags);
        } else {
            enterProtected(c, vector, errorCode, software, returnRip, flags);
        }
        c.interruptShadow = false;
        c.stackShadow = false;
        c.modeChanged();
    }

    private void enterReal(Cpu c, int vector, long returnRip, int flags) {
        if (4 * vector + 3 > c.idtLimit) {
            throw c.fault(Vector.GP, vector * 8 + IDT);
        }
        long entry = c.sysLoad32(c.idtBase + 4L * vector & 0xffff_ffffL);
        stack.current(c);
        stack.push(c, 2, flags & 0xffff);
        stack.push(c, 2, c.selector[Seg.CS]);
        stack.push(c, 2, returnRip & 0xffff);
        c.r[Gpr.RSP] = stack.merge(c.r[Gpr.RSP]);
        SegmentLoader.loadReal(c, Seg.CS, (int) (entry >>> 16));
        c.nextRip = entry & 0xffff;
        c.setFlags(flags & ~CLEARED_IN_REAL_MODE);
    }

    private void enterProtected(Cpu c, int vector, int errorCode, boolean software, long returnRip, int flags) {
        int error = vector * 8 + IDT;
        if (vector * 8 + 7 > c.idtLimit) {
            throw c.fault(Vector.GP, error);
        }
        long gate = c.sysLoad64(c.idtBase + 8L * vector & 0xffff_ffffL);
        int type = checkGate(c, gate, software, error, false);
        if (type == Descriptor.TASK_GATE) {
            tasks.enter(c, Descriptor.gateSelector(gate), errorCode, returnRip, flags);
            return;
        }
        boolean wide = type >= Descriptor.INTERRUPT_GATE;
        int size = wide ? 4 : 2;
        int selector = Descriptor.gateSelector(gate);
        long offset = Descriptor.gateOffset(gate, wide);
        long code = codeSegment(c, selector, false);
        int codeAttributes = Descriptor.attributes(code);
        int privilege = Descriptor.isConforming(codeAttributes) ? c.cpl : Descriptor.dpl(codeAttributes);
        boolean fromV86 = c.virtual8086();
        if (fromV86 && privilege != 0) {
            throw c.fault(Vector.GP, selector & 0xfffc);
        }
        if (offset > Descriptor.limit(code)) {
            throw c.fault(Vector.GP, 0);
        }
        long stackDescriptor = 0;
        int stackSelector = 0;
        if (privilege < c.cpl) {
            long stackPointer = TaskState.stackPointer(c, privilege);
            stackSelector = TaskState.stackSelector(c, privilege);
            if (Selectors.isNull(stackSelector)) {
                throw c.fault(Vector.TS, 0);
            }
            stackDescriptor = SegmentLoader.stack(c, stackSelector, privilege, Vector.TS);
            stack.inner(stackPointer, stackDescriptor, stackSelector);
            if (fromV86) {
                pushDataSegments(c, size);
            }
            stack.push(c, size, c.selector[Seg.SS]);
            stack.push(c, size, c.r[Gpr.RSP] & 0xffff_ffffL);
        } else {
            stack.current(c);
        }
        pushFrame(c, size, flags, returnRip, errorCode);
        Selectors.access(c, selector, codeAttributes);

        if (privilege < c.cpl) {
            SegmentLoader.set(c, Seg.SS, stackSelector, stackDescriptor);
            c.r[Gpr.RSP] = stack.pointer;
            if (fromV86) {
                dropDataSegments(c);
            }
        } else {
            c.r[Gpr.RSP] = stack.merge(c.r[Gpr.RSP]);
        }
        commit(c, selector, code, privilege, offset, flags, (type & 1) == 0);
    }

    private void enterLong(Cpu c, int vector, int errorCode, boolean software, long returnRip, int flags) {
        int error = vector * 8 + IDT;
        if (vector * 16 + 15 > c.idtLimit) {
            throw c.fault(Vector.GP, error);
        }
        long gate = c.sysLoad64(c.idtBase + 16L * vector);
        int type = checkGate(c, gate, software, error, true);
        long offset = Descriptor.gateOffset(gate, true) | c.sysLoad64(c.idtBase + 16L * vector + 8) << 32;
        int selector = Descriptor.gateSelector(gate);
        long code = codeSegment(c, selector, true);
        int codeAttributes = Descriptor.attributes(code);
        int privilege = Descriptor.isConforming(codeAttributes) ? c.cpl : Descriptor.dpl(codeAttributes);
        if (!Selectors.canonical(c, offset)) {
            throw c.fault(Vector.GP, 0);
        }
        int ist = (int) (gate >>> 32) & 7;
        long pointer = ist != 0
                ? TaskState.interruptStack(c, ist)
                : privilege < c.cpl ? TaskState.stackPointer64(c, privilege) : c.r[Gpr.RSP] & c.stackMask;
        stack.flat(pointer & -16, privilege == 3);
        stack.push(c, 8, c.selector[Seg.SS]);
        stack.push(c, 8, c.r[Gpr.RSP]);
        pushFrame(c, 8, flags, returnRip, errorCode);
        Selectors.access(c, selector, codeAttributes);

        if (privilege < c.cpl) {
            SegmentLoader.setNullStack(c, privilege, privilege);
        }
        c.r[Gpr.RSP] = stack.pointer;
        commit(c, selector, code, privilege, offset, flags, type == Descriptor.INTERRUPT_GATE);
    }

    /** Type, privilege and presence of a gate; returns its type. */
    private static int checkGate(Cpu c, long gate, boolean software, int error, boolean longMode) {
        int attributes = Descriptor.attributes(gate);
        int type = attributes & (Seg.TYPE | Seg.S);
        boolean known = longMode
                ? (type & ~1) == Descriptor.INTERRUPT_GATE
                : type == Descriptor.TASK_GATE || (type & ~9) == Descriptor.INTERRUPT_GATE16;
        if (!known) {
            throw c.fault(Vector.GP, error);
        }
        if (software && Descriptor.dpl(attributes) < c.cpl) {
            throw c.fault(Vector.GP, error);
        }
        if (!Descriptor.present(attributes)) {
            throw c.fault(Vector.NP, error);
        }
        return type;
    }

    private static long codeSegment(Cpu c, int selector, boolean longMode) {
        if (Selectors.isNull(selector)) {
            throw c.fault(Vector.GP, 0);
        }
        int error = selector & 0xfffc;
        long code = Selectors.descriptor(c, selector, Vector.GP);
        int attributes = Descriptor.attributes(code);
        if (!Descriptor.isCode(attributes) || Descriptor.dpl(attributes) > c.cpl) {
            throw c.fault(Vector.GP, error);
        }
        if (longMode && (attributes & (Seg.L | Seg.DB)) != Seg.L) {
            throw c.fault(Vector.GP, error);
        }
        if (!Descriptor.present(attributes)) {
            throw c.fault(Vector.NP, error);
        }
        return code;
    }

    private void pushFrame(Cpu c, int size, int flags, long returnRip, int errorCode) {
        stack.push(c, size, flags & 0xffff_ffffL);
        stack.push(c, size, c.selector[Seg.CS]);
        stack.push(c, size, returnRip);
        if (errorCode != EventDelivery.NO_ERROR_CODE) {
            stack.push(c, size, errorCode);
        }
    }

    private void pushDataSegments(Cpu c, int size) {
        stack.push(c, size, c.selector[Seg.GS]);
        stack.push(c, size, c.selector[Seg.FS]);
        stack.push(c, size, c.selector[Seg.DS]);
        stack.push(c, size, c.selector[Seg.ES]);
    }

    private static void dropDataSegments(Cpu c) {
        SegmentLoader.setNull(c, Seg.GS, 0);
        SegmentLoader.setNull(c, Seg.FS, 0);
        SegmentLoader.setNull(c, Seg.DS, 0);
        SegmentLoader.setNull(c, Seg.ES, 0);
    }

    private static void commit(
            Cpu c, int selector, long code, int privilege, long offset, int flags, boolean clearInterrupts) {
        SegmentLoader.set(c, Seg.CS, selector & 0xfffc | privilege, code);
        c.cpl = privilege;
        c.nextRip = offset;
        c.setFlags(flags & ~(clearInterrupts ? CLEARED_BY_GATE | Bits.IF : CLEARED_BY_GATE));
    }
}
