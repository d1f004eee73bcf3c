package dev.backplane.x86.fpu;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.MemOp;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Vector;
import org.jspecify.annotations.Nullable;

/** FXSAVE and FXRSTOR. */
final class FxStateOps {
    private FxStateOps() {}

    private static long aligned(Cpu c, long address) {
        if ((address & 15) != 0) {
            throw c.fault(Vector.GP, 0);
        }
        return address;
    }

    /** FXSAVE, which does not wait for pending exceptions. */
    static final class Save extends MemOp {
        private final boolean wide;

        Save(Insn i) {
            super(i, FxImage.BYTES, true);
            wide = i.operandBytes == 8;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long address = aligned(c, address(c));
            c.probeWrite(address, FxImage.BYTES);
            FxImage.saveX87(c, address, wide);
            FxImage.saveMxcsr(c, address);
            FxImage.saveXmm(c, address);
            return next;
        }
    }

    /** FXRSTOR. */
    static final class Restore extends MemOp {
        private final boolean wide;

        Restore(Insn i) {
            super(i, FxImage.BYTES, false);
            wide = i.operandBytes == 8;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long address = aligned(c, address(c));
            c.probeRead(address, FxImage.BYTES);
            c.mxcsr = FxImage.mxcsr(c, address);
            FxImage.loadX87(c, address, wide);
            FxImage.loadXmm(c, address);
            return next;
        }
    }
}
