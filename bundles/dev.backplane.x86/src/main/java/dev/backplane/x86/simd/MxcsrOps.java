package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.MemOp;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Vector;
import org.jspecify.annotations.Nullable;

/** LDMXCSR and STMXCSR. */
final class MxcsrOps {
    private MxcsrOps() {}

    /** LDMXCSR: bits that do not exist are #GP(0). */
    static final class Load extends MemOp {
        Load(Insn i) {
            super(i, 4, false);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            int value = (int) c.load32(address(c));
            if ((value & ~Mxcsr.MASK) != 0) {
                throw c.fault(Vector.GP, 0);
            }
            c.mxcsr = value;
            return next;
        }
    }

    /** STMXCSR. */
    static final class Store extends MemOp {
        Store(Insn i) {
            super(i, 4, true);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.store32(address(c), c.mxcsr);
            return next;
        }
    }
}
