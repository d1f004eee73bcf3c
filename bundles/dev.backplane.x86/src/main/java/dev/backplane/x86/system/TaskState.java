package dev.backplane.x86.system;

import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;

/** The stacks of inner rings, which the current task-state segment names (SDM 3A, 9.2). */
final class TaskState {
    private TaskState() {}

    /** Whether the current TSS is of the 80286's form. Only outside of long mode. */
    private static boolean is16(Cpu c) {
        return (c.segmentAttributes[Seg.TR] & 0xd) == Descriptor.TSS16;
    }

    private static long field(Cpu c, int offset, int size) {
        if ((c.segmentAttributes[Seg.TR] & Seg.UNUSABLE) != 0 || offset + size - 1 > c.segmentLimit[Seg.TR]) {
            throw c.fault(Vector.TS, c.selector[Seg.TR] & 0xfffc);
        }
        long linear = Selectors.linear(c, c.segmentBase[Seg.TR] + offset);
        return switch (size) {
            case 2 -> c.sysLoad16(linear);
            case 4 -> c.sysLoad32(linear);
            default -> c.sysLoad64(linear);
        };
    }

    /** ESP of a ring's stack; legacy modes. */
    static long stackPointer(Cpu c, int ring) {
        return is16(c) ? field(c, 2 + 4 * ring, 2) : field(c, 4 + 8 * ring, 4);
    }

    /** SS of a ring's stack; legacy modes. */
    static int stackSelector(Cpu c, int ring) {
        return (int) (is16(c) ? field(c, 4 + 4 * ring, 2) : field(c, 8 + 8 * ring, 2));
    }

    /** RSP of a ring's stack; long mode. #SS(0) where it is not canonical. */
    static long stackPointer64(Cpu c, int ring) {
        return canonicalStack(c, field(c, 4 + 8 * ring, 8));
    }

    /** A stack of the interrupt stack table, 1 to 7. */
    static long interruptStack(Cpu c, int number) {
        return canonicalStack(c, field(c, 28 + 8 * number, 8));
    }

    private static long canonicalStack(Cpu c, long pointer) {
        if (!Selectors.canonical(c, pointer)) {
            throw c.fault(Vector.SS, 0);
        }
        return pointer;
    }
}
