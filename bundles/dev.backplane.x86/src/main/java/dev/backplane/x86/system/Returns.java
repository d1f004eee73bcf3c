package dev.backplane.x86.system;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;

/**
 * RET to another segment and IRET, in all modes (SDM 2A, "IRET"; 2B, "RET"). {@code c.nextRip} becomes the target. One per
 * vCPU.
 */
final class Returns {
    /**
     * What IRET may change at any privilege, but for {@link #resume RF}.
     */
    private static final int POPPED = Bits.ARITHMETIC | Bits.TF | Bits.DF | Bits.NT | Bits.AC | Bits.ID;

    private static final int POPPED_BY_RING_0 = POPPED | Bits.IF | Bits.IOPL | Bits.VIF | Bits.VIP;

    /**
     * RF lives for one instruction and matters to instruction breakpoints only. The engine clears it while there are any;
     * otherwise it is dropped here, so that it never shows up where the hardware had cleared it.
     */
    private static int resume(Cpu c) {
        return c.debugging ? Bits.RF : 0;
    }

    private final StackReader stack = new StackReader();
    private final TaskSwitch tasks;

    Returns(TaskSwitch tasks) {
        this.tasks = tasks;
    }

    /**
     * RETF.
     *
     * @param size operand size in bytes
     * @param bytes what is released behind the return address, on both stacks
     */
    void far(Cpu c, int size, int bytes) {
        stack.start(c);
        long offset = stack.pop(c, size);
        int selector = stack.popSelector(c, size);
        if (!c.protectedMode()) {
            CodeTarget.enterReal(c, selector, offset);
            stack.skip(bytes);
            stack.commit(c);
        } else {
            long code = CodeTarget.ofReturn(c, selector);
            stack.skip(bytes);
            int privilege = Selectors.rpl(selector);
            if (privilege == c.cpl) {
                offset = CodeTarget.offset(c, code, offset);
                Selectors.access(c, selector, Descriptor.attributes(code));
                stack.commit(c);
                CodeTarget.enter(c, selector, code, privilege);
            } else {
                long pointer = stack.pop(c, size);
                int stackSelector = (int) stack.pop(c, size) & 0xffff;
                offset = outer(c, selector, code, offset, stackSelector, pointer);
                SegmentLoader.dropPrivileged(c);
                StackReader.setPointer(c, pointer + bytes);
            }
            c.nextRip = offset;
        }
        c.modeChanged();
    }

    /** Checks and loads SS and CS of an outer ring, or of the same one in 64-bit mode; returns the instruction pointer. */
    private static long outer(Cpu c, int selector, long code, long offset, int stackSelector, long pointer) {
        int privilege = Selectors.rpl(selector);
        boolean nullStack = Selectors.isNull(stackSelector);
        long stackDescriptor = 0;
        if (!nullStack) {
            stackDescriptor = SegmentLoader.stack(c, stackSelector, privilege, Vector.GP);
        } else if (!CodeTarget.is64(c, code) || privilege == 3 || Selectors.rpl(stackSelector) != privilege) {
            throw c.fault(Vector.GP, 0);
        }
        long target = CodeTarget.offset(c, code, offset);
        Selectors.access(c, selector, Descriptor.attributes(code));
        CodeTarget.enter(c, selector, code, privilege);
        if (nullStack) {
            SegmentLoader.setNullStack(c, stackSelector, privilege);
        } else {
            SegmentLoader.set(c, Seg.SS, stackSelector, stackDescriptor);
        }
        StackReader.setPointer(c, pointer);
        return target;
    }

    /**
     * IRET, IRETD, IRETQ. NMIs are open again even if it faults.
     *
     * @param size operand size in bytes
     */
    void interrupt(Cpu c, int size) {
        if (!c.protectedMode()) {
            interruptReal(c, size);
        } else if ((c.systemFlags & Bits.NT) != 0) {
            c.nmiMasked = false;
            if (Selectors.longMode(c)) {
                throw c.fault(Vector.GP, 0);
            }
            tasks.returnToPrevious(c);
        } else {
            interruptProtected(c, size);
        }
        c.modeChanged();
    }

    private void interruptReal(Cpu c, int size) {
        boolean v86 = c.virtual8086();
        boolean virtual = v86 && c.iopl() != 3;
        if (virtual && ((c.cr4 & Bits.CR4_VME) == 0 || size != 2)) {
            throw c.fault(Vector.GP, 0);
        }
        c.nmiMasked = false;
        stack.start(c);
        long offset = stack.pop(c, size);
        int selector = (int) stack.pop(c, size) & 0xffff;
        int flags = (int) stack.pop(c, size);
        if (virtual) {
            flags = Virtual8086.returned(c, flags);
        }
        CodeTarget.enterReal(c, selector, offset);
        stack.commit(c);
        if (virtual) {
            setFlags(c, flags, POPPED & 0xffff | Bits.VIF);
            return;
        }
        int mask = POPPED | Bits.IF | (v86 ? 0 : Bits.IOPL);
        setFlags(c, flags, size == 2 ? mask & 0xffff : mask | resume(c));
    }

    private void interruptProtected(Cpu c, int size) {
        c.nmiMasked = false;
        stack.start(c);
        long offset = stack.pop(c, size);
        int selector = (int) stack.pop(c, size) & 0xffff;
        int flags = (int) stack.pop(c, size);
        if ((flags & Bits.VM) != 0 && c.cpl == 0 && size == 4 && !Selectors.longMode(c)) {
            toVirtual8086(c, selector, offset, flags);
            return;
        }
        long code = CodeTarget.ofReturn(c, selector);
        int privilege = Selectors.rpl(selector);
        int mask = c.cpl == 0 ? POPPED_BY_RING_0 : c.cpl <= c.iopl() ? POPPED | Bits.IF : POPPED;
        if (c.long64 || privilege != c.cpl) {
            long pointer = stack.pop(c, size);
            int stackSelector = (int) stack.pop(c, size) & 0xffff;
            boolean outwards = privilege != c.cpl;
            offset = outer(c, selector, code, offset, stackSelector, pointer);
            if (outwards) {
                SegmentLoader.dropPrivileged(c);
            }
        } else {
            offset = CodeTarget.offset(c, code, offset);
            Selectors.access(c, selector, Descriptor.attributes(code));
            stack.commit(c);
            CodeTarget.enter(c, selector, code, privilege);
        }
        setFlags(c, flags, size == 2 ? mask & 0xffff : mask | resume(c));
        c.nextRip = offset;
    }

    private void toVirtual8086(Cpu c, int selector, long offset, int flags) {
        long pointer = stack.pop(c, 4);
        int ss = (int) stack.pop(c, 4) & 0xffff;
        int es = (int) stack.pop(c, 4) & 0xffff;
        int ds = (int) stack.pop(c, 4) & 0xffff;
        int fs = (int) stack.pop(c, 4) & 0xffff;
        int gs = (int) stack.pop(c, 4) & 0xffff;
        c.setFlags(flags & (POPPED_BY_RING_0 | Bits.VM) | 2);
        c.cpl = 3;
        SegmentLoader.loadReal(c, Seg.CS, selector);
        SegmentLoader.loadReal(c, Seg.SS, ss);
        SegmentLoader.loadReal(c, Seg.ES, es);
        SegmentLoader.loadReal(c, Seg.DS, ds);
        SegmentLoader.loadReal(c, Seg.FS, fs);
        SegmentLoader.loadReal(c, Seg.GS, gs);
        c.r[Gpr.RSP] = pointer;
        c.nextRip = offset & 0xffff;
    }

    /** Takes the bits of {@code mask} from what was popped, the others from what is there. */
    static void setFlags(Cpu c, int popped, int mask) {
        c.setFlags(c.flags() & ~mask | popped & mask);
    }
}
