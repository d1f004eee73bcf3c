package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.mmu.Bulk;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;

/** MOVS, CMPS, STOS, LODS, SCAS, INS and OUTS. */
final class StringOps {
    private StringOps() {}

    static Op make(Insn i) {
        int bytes = StringOp.elementBytes(i);
        return switch (i.mnemonic()) {
            case MOVS -> new Movs(i, bytes);
            case STOS -> new Stos(i, bytes);
            case LODS -> new Lods(i, bytes);
            case CMPS -> new Cmps(i, bytes);
            case SCAS -> new Scas(i, bytes);
            case INS -> new Ins(i, Math.min(bytes, 4));
            default -> new Outs(i, Math.min(bytes, 4));
        };
    }

    private static final class Movs extends StringOp {
        Movs(Insn i, int bytes) {
            super(i, bytes);
        }

        @Override
        void begin(Cpu c) {
            advance(c, Gpr.RSI, 0);
            advance(c, Gpr.RDI, 0);
        }

        @Override
        void once(Cpu c) {
            long value = c.load(source(c, bytes, false), bytes);
            c.store(target(c, bytes, true), bytes, value);
            advance(c, Gpr.RSI, step(c));
            advance(c, Gpr.RDI, step(c));
        }

        @Override
        long bulk(Cpu c, long count) {
            if (!simple(c)) {
                return 0;
            }
            long source = source(c, 1, false);
            long target = target(c, 1, true);
            long elements = Math.min(count, Math.min(inPage(c, source), inPage(c, target)));
            if (elements < 2 || !Bulk.copy(c, source, target, elements * bytes, bytes)) {
                return 0;
            }
            advance(c, Gpr.RSI, elements * bytes);
            advance(c, Gpr.RDI, elements * bytes);
            return elements;
        }
    }

    private static final class Stos extends StringOp {
        Stos(Insn i, int bytes) {
            super(i, bytes);
        }

        @Override
        void begin(Cpu c) {
            advance(c, Gpr.RDI, 0);
        }

        @Override
        void once(Cpu c) {
            c.store(target(c, bytes, true), bytes, Sizes.unsigned(c.r[Gpr.RAX], bytes));
            advance(c, Gpr.RDI, step(c));
        }

        @Override
        long bulk(Cpu c, long count) {
            if (!simple(c)) {
                return 0;
            }
            long target = target(c, 1, true);
            long elements = Math.min(count, inPage(c, target));
            if (elements < 2 || !Bulk.fill(c, target, elements, bytes, c.r[Gpr.RAX])) {
                return 0;
            }
            advance(c, Gpr.RDI, elements * bytes);
            return elements;
        }
    }

    private static final class Lods extends StringOp {
        Lods(Insn i, int bytes) {
            super(i, bytes);
        }

        @Override
        void once(Cpu c) {
            long value = c.load(source(c, bytes, false), bytes);
            c.r[Gpr.RAX] = Sizes.merge(c.r[Gpr.RAX], value, bytes);
            advance(c, Gpr.RSI, step(c));
        }
    }

    /** CMPS and SCAS: the flags of the last comparison are set at the end, so that a fault leaves the old ones. */
    private abstract static class Comparison extends StringOp {
        private long left;
        private long right;

        Comparison(Insn i, int bytes) {
            super(i, bytes);
        }

        final void compare(long a, long b) {
            left = Sizes.signed(a, bytes);
            right = Sizes.signed(b, bytes);
        }

        @Override
        final boolean goesOn(Cpu c) {
            return left == right == (repeat == 0xF3);
        }

        @Override
        final void finish(Cpu c) {
            Alu.sub(c, left, right, 64 - (bytes << 3));
        }
    }

    private static final class Cmps extends Comparison {
        Cmps(Insn i, int bytes) {
            super(i, bytes);
        }

        @Override
        void once(Cpu c) {
            // The destination is read first, which a fault in both tells.
            long b = c.load(target(c, bytes, false), bytes);
            long a = c.load(source(c, bytes, false), bytes);
            compare(a, b);
            advance(c, Gpr.RSI, step(c));
            advance(c, Gpr.RDI, step(c));
        }
    }

    private static final class Scas extends Comparison {
        Scas(Insn i, int bytes) {
            super(i, bytes);
        }

        @Override
        void once(Cpu c) {
            compare(c.r[Gpr.RAX], c.load(target(c, bytes, false), bytes));
            advance(c, Gpr.RDI, step(c));
        }
    }

    private static final class Ins extends StringOp {
        Ins(Insn i, int bytes) {
            super(i, bytes);
        }

        @Override
        void check(Cpu c) {
            IoPermission.check(c, (int) c.r[Gpr.RDX] & 0xFFFF, bytes);
        }

        @Override
        void once(Cpu c) {
            int port = (int) c.r[Gpr.RDX] & 0xFFFF;
            IoPermission.check(c, port, bytes);
            // The target is checked first: what was read from the port could not be put back.
            long target = target(c, bytes, true);
            c.probeWrite(target, bytes);
            c.store(target, bytes, c.platform.portIn(port, bytes) & 0xFFFFFFFFL);
            advance(c, Gpr.RDI, step(c));
        }
    }

    private static final class Outs extends StringOp {
        Outs(Insn i, int bytes) {
            super(i, bytes);
        }

        @Override
        void check(Cpu c) {
            IoPermission.check(c, (int) c.r[Gpr.RDX] & 0xFFFF, bytes);
        }

        @Override
        void once(Cpu c) {
            int port = (int) c.r[Gpr.RDX] & 0xFFFF;
            IoPermission.check(c, port, bytes);
            long value = c.load(source(c, bytes, false), bytes);
            c.platform.portOut(port, bytes, (int) value);
            advance(c, Gpr.RSI, step(c));
        }
    }
}
