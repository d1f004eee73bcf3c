package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Vector;
import org.jspecify.annotations.Nullable;

/** XADD, CMPXCHG, CMPXCHG8B and CMPXCHG16B. */
final class ExchangeOps {
    private ExchangeOps() {}

    static Op xadd(Insn i) {
        return new Xadd(i);
    }

    static Op cmpxchg(Insn i) {
        return new Cmpxchg(i);
    }

    static Op cmpxchgPair(Insn i) {
        return i.mnemonic() == Mnemonic.CMPXCHG16B ? new Cmpxchg16(i) : new Cmpxchg8(i);
    }

    private static final class Xadd extends GenericOp {
        Xadd(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long addend = reg(c);
            long old;
            long sum;
            if (!memory) {
                old = rmRegister(c);
                sum = old + addend;
                reg(c, old);
                rmRegister(c, sum);
            } else {
                long at = address(c);
                if (lock) {
                    do {
                        old = c.lockedLoad(at, bytes);
                    } while (!c.lockedStore(bytes, old, old + addend));
                } else {
                    old = c.modifyLoad(at, bytes);
                    c.modifyStore(bytes, old + addend);
                }
                reg(c, old);
            }
            Alu.add(c, sext(old), sext(addend), unused);
            return next;
        }
    }

    private static final class Cmpxchg extends GenericOp {
        Cmpxchg(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long expected = Sizes.unsigned(c.r[Gpr.RAX], bytes);
            long value = reg(c);
            long old;
            if (!memory) {
                old = rmRegister(c);
                // Of a 32-bit register the upper half is cleared only where it is written.
                if (old == expected) {
                    rmRegister(c, value);
                } else {
                    c.r[Gpr.RAX] = Sizes.merge(c.r[Gpr.RAX], old, bytes);
                }
            } else {
                long at = address(c);
                // The destination is written in any case: with the old value where the comparison fails.
                if (lock) {
                    do {
                        old = c.lockedLoad(at, bytes);
                    } while (!c.lockedStore(bytes, old, old == expected ? value : old));
                } else {
                    old = c.modifyLoad(at, bytes);
                    c.modifyStore(bytes, old == expected ? value : old);
                }
                if (old != expected) {
                    c.r[Gpr.RAX] = Sizes.merge(c.r[Gpr.RAX], old, bytes);
                }
            }
            Alu.sub(c, sext(expected), sext(old), unused);
            return next;
        }
    }

    private static final class Cmpxchg8 extends MemOp {
        Cmpxchg8(Insn i) {
            super(i, 8, true);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long at = address(c);
            long[] r = c.r;
            long expected = r[Gpr.RDX] << 32 | r[Gpr.RAX] & 0xFFFFFFFFL;
            long value = r[Gpr.RCX] << 32 | r[Gpr.RBX] & 0xFFFFFFFFL;
            long old;
            do {
                old = c.lockedLoad(at, 8);
            } while (!c.lockedStore(8, old, old == expected ? value : old));
            if (old != expected) {
                r[Gpr.RAX] = old & 0xFFFFFFFFL;
                r[Gpr.RDX] = old >>> 32;
            }
            zero(c, old == expected);
            return next;
        }
    }

    private static final class Cmpxchg16 extends MemOp {
        Cmpxchg16(Insn i) {
            super(i, 16, true);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long at = address(c);
            if ((at & 15) != 0) {
                throw c.fault(Vector.GP, 0);
            }
            long[] r = c.r;
            c.probeWrite(at, 16);
            boolean equal;
            c.mmu.exclusiveEnter(at, 16);
            try {
                long low = c.load64(at);
                long high = c.load64(at + 8);
                equal = low == r[Gpr.RAX] && high == r[Gpr.RDX];
                c.store128(at, equal ? r[Gpr.RBX] : low, equal ? r[Gpr.RCX] : high);
                if (!equal) {
                    r[Gpr.RAX] = low;
                    r[Gpr.RDX] = high;
                }
            } finally {
                c.mmu.exclusiveLeave();
            }
            zero(c, equal);
            return next;
        }
    }

    /** Only ZF changes. */
    private static void zero(Cpu c, boolean set) {
        c.setArithmeticFlags(c.flags() & ~Bits.ZF | (set ? Bits.ZF : 0));
    }
}
