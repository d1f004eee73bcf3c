package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/** MOV from memory to a register, and the extending moves that are as simple. */
final class LoadOps {
    private LoadOps() {}

    static Op make(Insn i, int register, int bytes) {
        return switch (bytes) {
            case 8 -> new Load64(i, register);
            case 4 -> new Load32(i, register);
            default -> new LoadPart(i, register, bytes);
        };
    }

    /** MOVZX of 1 or 2 bytes to 32 or 64 bits. */
    static Op zeroExtended(Insn i, int from) {
        return from == 1 ? new LoadByte(i, i.reg) : new LoadWord(i, i.reg);
    }

    /** MOVSXD to 64 bits. */
    static Op signExtended(Insn i) {
        return new LoadSigned(i, i.reg);
    }

    private static final class Load64 extends MemOp {
        private final int target;

        Load64(Insn i, int target) {
            super(i, 8, false);
            this.target = target;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = c.load64(address(c));
            return next;
        }
    }

    private static final class Load32 extends MemOp {
        private final int target;

        Load32(Insn i, int target) {
            super(i, 4, false);
            this.target = target;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = c.load32(address(c));
            return next;
        }
    }

    /** MOVZX from a word, to 32 or 64 bits. */
    private static final class LoadWord extends MemOp {
        private final int target;

        LoadWord(Insn i, int target) {
            super(i, 2, false);
            this.target = target;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = c.load16(address(c));
            return next;
        }
    }

    /** MOVZX from a byte, to 32 or 64 bits. */
    private static final class LoadByte extends MemOp {
        private final int target;

        LoadByte(Insn i, int target) {
            super(i, 1, false);
            this.target = target;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = c.load8(address(c));
            return next;
        }
    }

    /** MOVSXD from memory to 64 bits. */
    private static final class LoadSigned extends MemOp {
        private final int target;

        LoadSigned(Insn i, int target) {
            super(i, 4, false);
            this.target = target;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = (int) c.load32(address(c));
            return next;
        }
    }

    /** Loads of 1 and 2 bytes, which leave the rest of the register. */
    private static final class LoadPart extends MemOp {
        private final int target;
        private final int shift;
        private final int bytes;

        LoadPart(Insn i, int target, int bytes) {
            super(i, bytes, false);
            boolean moffs = i.modrm < 0;
            this.target = moffs ? target : Sizes.index(i, target, bytes);
            shift = moffs ? 0 : Sizes.shift(i, target, bytes);
            this.bytes = bytes;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            Sizes.set(c, target, shift, bytes, c.load(address(c), bytes));
            return next;
        }
    }
}
