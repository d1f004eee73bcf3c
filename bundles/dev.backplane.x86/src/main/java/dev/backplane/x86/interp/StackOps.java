package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import org.jspecify.annotations.Nullable;

/** PUSH, POP, PUSHA, POPA, ENTER and LEAVE. */
final class StackOps {
    private StackOps() {}

    static Op push(Insn i) {
        boolean wide = i.mode == Cpu.CODE64 && i.operandBytes == 8;
        if (wide && !i.memory && i.opcode.operands().charAt(0) != 'I') {
            return new Push64(i);
        }
        return new Push(i);
    }

    static Op pop(Insn i) {
        boolean wide = i.mode == Cpu.CODE64 && i.operandBytes == 8;
        return wide && !i.memory ? new Pop64(i) : new Pop(i);
    }

    static Op pusha(Insn i) {
        return new Pusha(i);
    }

    static Op popa(Insn i) {
        return new Popa(i);
    }

    static Op enter(Insn i) {
        return new Enter(i);
    }

    static Op leave(Insn i) {
        return new Leave(i);
    }

    private static final class Push64 extends RegisterOp {
        Push64(Insn i) {
            super(i, i.rm, i.rm);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            long pointer = r[Gpr.RSP] - 8;
            c.store64(pointer, r[source]);
            r[Gpr.RSP] = pointer;
            return next;
        }

        @Override
        public boolean usesStack() {
            return true;
        }
    }

    private static final class Pop64 extends RegisterOp {
        Pop64(Insn i) {
            super(i, i.rm, i.rm);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            long pointer = r[Gpr.RSP];
            long value = c.load64(pointer);
            r[Gpr.RSP] = pointer + 8;
            r[target] = value;
            return next;
        }

        @Override
        public boolean usesStack() {
            return true;
        }
    }

    private static final class Push extends GenericOp {
        private final boolean constant;

        Push(Insn i) {
            super(i);
            constant = i.opcode.operands().charAt(0) == 'I';
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            Stack.push(c, bytes, constant ? immediate : rm(c));
            return next;
        }

        @Override
        public boolean usesStack() {
            return true;
        }
    }

    /** An address that is based on the stack pointer is computed after the pointer was moved. */
    private static final class Pop extends GenericOp {
        Pop(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long value = Stack.top(c, bytes);
            long pointer = c.r[Gpr.RSP];
            Stack.move(c, bytes);
            if (!memory) {
                rmRegister(c, value);
                return next;
            }
            try {
                c.store(address(c), bytes, value);
            } catch (RuntimeException e) {
                c.r[Gpr.RSP] = pointer;
                throw e;
            }
            return next;
        }

        @Override
        public boolean usesStack() {
            return true;
        }
    }

    private static final class Pusha extends GenericOp {
        Pusha(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.mmu.checkAlignment(Stack.at(c, -bytes, bytes, true), bytes);
            for (int n = 0; n < 8; n++) {
                c.probeWrite(Stack.at(c, -bytes * (n + 1L), bytes, true), bytes);
            }
            for (int n = 0; n < 8; n++) {
                c.store(Stack.at(c, -bytes * (n + 1L), bytes, true), bytes, c.r[n]);
            }
            Stack.move(c, -8L * bytes);
            return next;
        }

        @Override
        public boolean usesStack() {
            return true;
        }
    }

    private static final class Popa extends GenericOp {
        Popa(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.mmu.checkAlignment(Stack.at(c, 0, bytes, false), bytes);
            for (int n = 0; n < 8; n++) {
                c.probeRead(Stack.at(c, bytes * (long) n, bytes, false), bytes);
            }
            for (int n = 0; n < 8; n++) {
                int register = 7 - n;
                if (register != Gpr.RSP) {
                    long value = c.load(Stack.at(c, bytes * (long) n, bytes, false), bytes);
                    c.r[register] = Sizes.merge(c.r[register], value, bytes);
                }
            }
            Stack.move(c, 8L * bytes);
            return next;
        }

        @Override
        public boolean usesStack() {
            return true;
        }
    }

    private static final class Enter extends GenericOp {
        private final int level;
        private final long space;

        Enter(Insn i) {
            super(i);
            level = i.immediate2 & 31;
            space = i.immediate;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            long frame = r[Gpr.RSP] - bytes & c.stackMask;
            // All that is written, and the new top, is checked before anything is.
            for (int n = 0; n <= level; n++) {
                c.probeWrite(Stack.at(c, -bytes * (n + 1L), bytes, true), bytes);
            }
            long end = -bytes * (level + 1L) - space;
            long top = Stack.at(c, end, bytes, true);
            c.mmu.checkAlignment(top, bytes);
            c.probeWrite(top, bytes);
            for (int n = 1; n < level; n++) {
                long link = r[Gpr.RBP] - (long) bytes * n - r[Gpr.RSP];
                c.probeRead(Stack.at(c, link, bytes, false), bytes);
            }
            c.store(Stack.at(c, -bytes, bytes, true), bytes, r[Gpr.RBP]);
            for (int n = 1; n < level; n++) {
                long link = r[Gpr.RBP] - (long) bytes * n - r[Gpr.RSP];
                long value = c.load(Stack.at(c, link, bytes, false), bytes);
                c.store(Stack.at(c, -bytes * (n + 1L), bytes, true), bytes, value);
            }
            if (level > 0) {
                c.store(Stack.at(c, -bytes * (level + 1L), bytes, true), bytes, frame);
            }
            Stack.move(c, end);
            r[Gpr.RBP] = c.stackMask == 0xFFFF || bytes == 2 ? Sizes.merge(r[Gpr.RBP], frame, 2) : frame;
            return next;
        }

        @Override
        public boolean usesStack() {
            return true;
        }
    }

    private static final class Leave extends GenericOp {
        Leave(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            long frame = r[Gpr.RBP];
            long value = c.load(Stack.at(c, frame - r[Gpr.RSP], bytes, false), bytes);
            r[Gpr.RSP] = r[Gpr.RSP] & ~c.stackMask | frame + bytes & c.stackMask;
            r[Gpr.RBP] = Sizes.merge(frame, value, bytes);
            return next;
        }

        @Override
        public boolean usesStack() {
            return true;
        }
    }
}
