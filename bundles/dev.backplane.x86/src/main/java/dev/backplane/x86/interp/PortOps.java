package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Opcode;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import org.jspecify.annotations.Nullable;

/** IN and OUT. */
final class PortOps {
    private PortOps() {}

    static Op in(Insn i) {
        return new In(i);
    }

    static Op out(Insn i) {
        return new Out(i);
    }

    private abstract static class Port extends Op {
        final int bytes;
        private final int fixed;
        private final boolean variable;

        Port(Insn i) {
            bytes = i.opcode.has(Opcode.BYTE) ? 1 : Math.min(i.operandBytes, 4);
            variable = (i.opcodeByte & 8) != 0;
            fixed = (int) i.immediate & 0xFF;
        }

        final int port(Cpu c) {
            int port = variable ? (int) c.r[Gpr.RDX] & 0xFFFF : fixed;
            IoPermission.check(c, port, bytes);
            return port;
        }
    }

    private static final class In extends Port {
        In(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            int value = c.platform.portIn(port(c), bytes);
            c.r[Gpr.RAX] = Sizes.merge(c.r[Gpr.RAX], value, bytes);
            return next;
        }
    }

    private static final class Out extends Port {
        Out(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.platform.portOut(port(c), bytes, (int) Sizes.unsigned(c.r[Gpr.RAX], bytes));
            if (c.request == 0) {
                return next;
            }
            // A reset or power-off takes effect behind this instruction, not some way further down the block.
            c.instructions += count;
            c.rip = nextRip(c);
            return null;
        }
    }
}
