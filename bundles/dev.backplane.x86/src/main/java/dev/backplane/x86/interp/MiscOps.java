package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** What fits nowhere else: NOP, PAUSE, CBW and CWD, XLAT, BOUND, fences, CLFLUSH. */
final class MiscOps {
    private MiscOps() {}

    static Op nop() {
        return new Nop();
    }

    static Op pause(Insn i) {
        return new Pause(i);
    }

    static Op cbw(Insn i) {
        return new Cbw(i);
    }

    static Op cwd(Insn i) {
        return new Cwd(i);
    }

    static Op xlat(Insn i) {
        return new Xlat(i);
    }

    static Op bound(Insn i) {
        return new Bound(i);
    }

    static Op fence() {
        return new Fence();
    }

    static Op clflush(Insn i) {
        return new Clflush(i);
    }

    private static final class Nop extends Op {
        @Override
        public @Nullable Op exec(Cpu c) {
            return next;
        }
    }

    /** Lets the owner know that the guest spins. */
    private static final class Pause extends SystemOp {
        Pause(Insn i) {
            super(i, 1, false, true);
        }

        @Override
        protected void run(Cpu c) {
            c.paused = true;
        }
    }

    /** CBW, CWDE, CDQE: the lower half of the accumulator into all of it. */
    private static final class Cbw extends Op {
        private final int bytes;

        Cbw(Insn i) {
            bytes = i.operandBytes;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long old = c.r[Gpr.RAX];
            c.r[Gpr.RAX] = Sizes.merge(old, Sizes.signed(old, bytes >> 1), bytes);
            return next;
        }
    }

    /** CWD, CDQ, CQO: the accumulator's sign into the data register. */
    private static final class Cwd extends Op {
        private final int bytes;

        Cwd(Insn i) {
            bytes = i.operandBytes;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long sign = Sizes.signed(c.r[Gpr.RAX], bytes) >> 63;
            c.r[Gpr.RDX] = Sizes.merge(c.r[Gpr.RDX], sign, bytes);
            return next;
        }
    }

    private static final class Xlat extends Op {
        private final int segment;
        private final int addressBytes;

        Xlat(Insn i) {
            segment = i.segmentOverride >= 0 ? i.segmentOverride : Seg.DS;
            addressBytes = i.addressBytes;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long offset = Segmentation.truncate(c.r[Gpr.RBX] + (c.r[Gpr.RAX] & 0xFF), addressBytes);
            long value = c.load8(Segmentation.linear(c, segment, offset, 1, false));
            c.r[Gpr.RAX] = Sizes.merge(c.r[Gpr.RAX], value, 1);
            return next;
        }
    }

    private static final class Bound extends GenericOp {
        Bound(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long at = address(c);
            long value = sext(reg(c));
            // The upper bound is not read where the lower one is not kept.
            if (value < sext(c.load(at, bytes)) || value > sext(c.load(address(c, bytes), bytes))) {
                throw c.fault(Vector.BR, -1);
            }
            return next;
        }
    }

    private static final class Fence extends Op {
        @Override
        public @Nullable Op exec(Cpu c) {
            VarHandle.fullFence();
            return next;
        }
    }

    /** There is no cache to flush, but the address is checked as a read's is. */
    private static final class Clflush extends MemOp {
        Clflush(Insn i) {
            super(i, 1, false);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.probeRead(address(c), 1);
            return next;
        }
    }
}
