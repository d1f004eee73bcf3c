package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import org.jspecify.annotations.Nullable;

/** CMP and TEST, with the conditional branch behind them where the pair is common. */
final class CmpOps {
    private CmpOps() {}

    static Op make(Insn i) {
        return new Compare(i, false);
    }

    static Op test(Insn i) {
        return new Compare(i, true);
    }

    /** Any form and size. */
    private static final class Compare extends GenericOp {
        private final boolean test;
        private final boolean accumulator;
        private final boolean reversed;
        private final boolean fromRegister;

        Compare(Insn i, boolean test) {
            super(i);
            this.test = test;
            accumulator = i.modrm < 0;
            reversed = i.opcode.operands().startsWith("G");
            fromRegister = i.opcode.operands().contains("G");
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long a = accumulator ? sext(c.r[Gpr.RAX]) : sext(rm(c));
            long b = fromRegister ? sext(reg(c)) : immediate;
            if (test) {
                c.logicFlags(a & b);
            } else if (reversed) {
                Alu.sub(c, b, a, unused);
            } else {
                Alu.sub(c, a, b, unused);
            }
            return next;
        }
    }
}
