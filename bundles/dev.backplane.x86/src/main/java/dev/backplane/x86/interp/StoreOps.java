package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/** MOV from a register or an immediate to memory. */
final class StoreOps {
    private StoreOps() {}

    static Op register(Insn i, int register, int bytes) {
        return switch (bytes) {
            case 8 -> new Store64(i, register);
            case 4 -> new Store32(i, register);
            case 1 -> new Store8(i, register);
            default -> new Store16(i, register);
        };
    }

    static Op immediate(Insn i, int bytes) {
        return switch (bytes) {
            case 4 -> new StoreImmediate32(i);
            case 8 -> new StoreImmediate64(i);
            default -> new StoreImmediate(i, bytes);
        };
    }

    private static final class Store64 extends MemOp {
        private final int source;

        Store64(Insn i, int source) {
            super(i, 8, true);
            this.source = source;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.store64(address(c), c.r[source]);
            return next;
        }
    }

    private static final class Store32 extends MemOp {
        private final int source;

        Store32(Insn i, int source) {
            super(i, 4, true);
            this.source = source;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.store32(address(c), c.r[source]);
            return next;
        }
    }

    private static final class Store16 extends MemOp {
        private final int source;

        Store16(Insn i, int source) {
            super(i, 2, true);
            this.source = source;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.store16(address(c), c.r[source]);
            return next;
        }
    }

    private static final class Store8 extends MemOp {
        private final int source;
        private final int shift;

        Store8(Insn i, int source) {
            super(i, 1, true);
            boolean moffs = i.modrm < 0;
            this.source = moffs ? source : Sizes.index(i, source, 1);
            shift = moffs ? 0 : Sizes.shift(i, source, 1);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.store8(address(c), c.r[source] >>> shift);
            return next;
        }
    }

    private static final class StoreImmediate64 extends MemOp {
        private final long value;

        StoreImmediate64(Insn i) {
            super(i, 8, true);
            value = i.immediate;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.store64(address(c), value);
            return next;
        }
    }

    private static final class StoreImmediate32 extends MemOp {
        private final long value;

        StoreImmediate32(Insn i) {
            super(i, 4, true);
            value = i.immediate;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.store32(address(c), value);
            return next;
        }
    }

    private static final class StoreImmediate extends MemOp {
        private final long value;
        private final int bytes;

        StoreImmediate(Insn i, int bytes) {
            super(i, bytes, true);
            value = i.immediate;
            this.bytes = bytes;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.store(address(c), bytes, value);
            return next;
        }
    }
}
