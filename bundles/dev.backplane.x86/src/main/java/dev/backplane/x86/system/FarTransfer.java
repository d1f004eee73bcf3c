package dev.backplane.x86.system;

import dev.backplane.x86.interp.Segmentation;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;

/**
 * JMP and CALL to another segment, directly or through call gates, task gates and TSS descriptors (SDM 2A, "CALL" and
 * "JMP"; 3A, 6.8 and 9.3). {@code c.nextRip} is the return address before and the target afterwards. One per vCPU.
 */
final class FarTransfer {
    private static final int PARAMETERS = 0x1f;

    private final StackWriter stack = new StackWriter();
    private final TaskSwitch tasks;

    FarTransfer(TaskSwitch tasks) {
        this.tasks = tasks;
    }

    /**
     * JMP ptr16:16, ptr16:32, m16:16, m16:32, m16:64.
     *
     * @param offset zero-extended from the operand size
     */
    void jump(Cpu c, int selector, long offset) {
        if (!c.protectedMode()) {
            CodeTarget.enterReal(c, selector, offset);
        } else {
            long descriptor = target(c, selector);
            if (Descriptor.isSystem(Descriptor.attributes(descriptor))) {
                throughSystem(c, selector, descriptor, false);
            } else {
                CodeTarget.direct(c, selector, descriptor);
                long target = CodeTarget.offset(c, descriptor, offset);
                Selectors.access(c, selector, Descriptor.attributes(descriptor));
                CodeTarget.enter(c, selector, descriptor, c.cpl);
                c.nextRip = target;
            }
        }
        c.modeChanged();
    }

    /**
     * CALL, with the operands of {@link #jump}.
     *
     * @param size operand size in bytes
     */
    void call(Cpu c, int selector, long offset, int size) {
        if (!c.protectedMode()) {
            stack.current(c);
            pushReturn(c, size);
            CodeTarget.enterReal(c, selector, offset);
            c.r[Gpr.RSP] = stack.merge(c.r[Gpr.RSP]);
        } else {
            long descriptor = target(c, selector);
            if (Descriptor.isSystem(Descriptor.attributes(descriptor))) {
                throughSystem(c, selector, descriptor, true);
            } else {
                CodeTarget.direct(c, selector, descriptor);
                callSamePrivilege(c, selector, descriptor, offset, size);
            }
        }
        c.modeChanged();
    }

    private static long target(Cpu c, int selector) {
        if (Selectors.isNull(selector)) {
            throw c.fault(Vector.GP, 0);
        }
        return Selectors.descriptor(c, selector, Vector.GP);
    }

    private void callSamePrivilege(Cpu c, int selector, long descriptor, long offset, int size) {
        stack.current(c);
        if (c.long64 && !CodeTarget.is64(c, descriptor)) {
            stack.narrow();
        }
        pushReturn(c, size);
        long target = CodeTarget.offset(c, descriptor, offset);
        Selectors.access(c, selector, Descriptor.attributes(descriptor));
        c.r[Gpr.RSP] = stack.merge(c.r[Gpr.RSP]);
        CodeTarget.enter(c, selector, descriptor, c.cpl);
        c.nextRip = target;
    }

    private void pushReturn(Cpu c, int size) {
        stack.push(c, size, c.selector[Seg.CS]);
        stack.push(c, size, c.nextRip);
    }

    private void throughSystem(Cpu c, int selector, long descriptor, boolean call) {
        int attributes = Descriptor.attributes(descriptor);
        int type = Descriptor.type(attributes);
        int error = selector & 0xfffc;
        boolean longMode = Selectors.longMode(c);
        boolean callGate = type == Descriptor.CALL_GATE || type == Descriptor.CALL_GATE16 && !longMode;
        boolean task = !longMode && (type == Descriptor.TASK_GATE || (type & ~8) == Descriptor.TSS16);
        if (!callGate && !task || Math.max(c.cpl, Selectors.rpl(selector)) > Descriptor.dpl(attributes)) {
            throw c.fault(Vector.GP, error);
        }
        if (task) {
            if (type == Descriptor.TASK_GATE) {
                if (!Descriptor.present(attributes)) {
                    throw c.fault(Vector.NP, error);
                }
                tasks.transfer(c, Descriptor.gateSelector(descriptor), call);
            } else {
                tasks.transfer(c, selector, call);
            }
            return;
        }
        long upper = longMode ? Selectors.upper(c, selector, Vector.GP) : 0;
        if (!Descriptor.present(attributes)) {
            throw c.fault(Vector.NP, error);
        }
        throughGate(c, descriptor, upper, call);
    }

    private void throughGate(Cpu c, long gate, long upper, boolean call) {
        boolean wide = Descriptor.type(Descriptor.attributes(gate)) == Descriptor.CALL_GATE;
        boolean longMode = Selectors.longMode(c);
        int selector = Descriptor.gateSelector(gate);
        long offset = Descriptor.gateOffset(gate, wide) | upper << 32;
        int size = longMode ? 8 : wide ? 4 : 2;
        long code = CodeTarget.throughGate(c, selector, call);
        int attributes = Descriptor.attributes(code);
        int privilege = Descriptor.isConforming(attributes) ? c.cpl : Descriptor.dpl(attributes);
        if (!call) {
            long target = CodeTarget.offset(c, code, offset);
            Selectors.access(c, selector, attributes);
            CodeTarget.enter(c, selector, code, c.cpl);
            c.nextRip = target;
        } else if (privilege == c.cpl) {
            callSamePrivilege(c, selector, code, offset, size);
        } else if (longMode) {
            callInner64(c, selector, code, privilege, offset);
        } else {
            callInner(c, selector, code, privilege, offset, size, (int) (gate >>> 32) & PARAMETERS);
        }
    }

    private void callInner(Cpu c, int selector, long code, int privilege, long offset, int size, int parameters) {
        long target = CodeTarget.offset(c, code, offset);
        long pointer = TaskState.stackPointer(c, privilege);
        int stackSelector = TaskState.stackSelector(c, privilege);
        if (Selectors.isNull(stackSelector)) {
            throw c.fault(Vector.TS, 0);
        }
        long stackDescriptor = SegmentLoader.stack(c, stackSelector, privilege, Vector.TS);
        stack.inner(pointer, stackDescriptor, stackSelector);
        stack.push(c, size, c.selector[Seg.SS]);
        stack.push(c, size, c.r[Gpr.RSP] & 0xffff_ffffL);
        for (int i = parameters - 1; i >= 0; i--) {
            long from = Segmentation.linear(c, Seg.SS, c.r[Gpr.RSP] + (long) i * size & c.stackMask, size, false);
            stack.push(c, size, c.load(from, size));
        }
        pushReturn(c, size);
        Selectors.access(c, selector, Descriptor.attributes(code));
        SegmentLoader.set(c, Seg.SS, stackSelector, stackDescriptor);
        c.r[Gpr.RSP] = stack.pointer;
        CodeTarget.enter(c, selector, code, privilege);
        c.nextRip = target;
    }

    private void callInner64(Cpu c, int selector, long code, int privilege, long offset) {
        long target = CodeTarget.offset(c, code, offset);
        stack.flat(TaskState.stackPointer64(c, privilege), false);
        stack.push(c, 8, c.selector[Seg.SS]);
        stack.push(c, 8, c.r[Gpr.RSP]);
        pushReturn(c, 8);
        Selectors.access(c, selector, Descriptor.attributes(code));
        SegmentLoader.setNullStack(c, privilege, privilege);
        c.r[Gpr.RSP] = stack.pointer;
        CodeTarget.enter(c, selector, code, privilege);
        c.nextRip = target;
    }
}
