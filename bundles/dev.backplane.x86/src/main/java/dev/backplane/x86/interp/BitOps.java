package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/** BT, BTS, BTR, BTC, BSF, BSR, POPCNT, BSWAP, MOVBE and CRC32. */
final class BitOps {
    private BitOps() {}

    static Op test(Insn i) {
        return new BitTest(i);
    }

    static Op scan(Insn i) {
        return new Scan(i, i.mnemonic() == Mnemonic.BSR);
    }

    static Op popcnt(Insn i) {
        return new Popcnt(i);
    }

    static Op bswap(Insn i) {
        return new Bswap(i);
    }

    static Op movbe(Insn i) {
        return new Movbe(i);
    }

    static Op crc32(Insn i) {
        return new Crc32(i);
    }

    /** A bit offset in a register reaches beyond a memory operand, in both directions. */
    private static final class BitTest extends GenericOp {
        private final Mnemonic mnemonic;
        private final boolean constant;

        BitTest(Insn i) {
            super(i);
            mnemonic = i.mnemonic();
            constant = i.opcode.operands().endsWith("Ib");
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long bit = constant ? immediate : sext(reg(c));
            int position = (int) bit & (bytes << 3) - 1;
            long mask = 1L << position;
            long old;
            if (!memory) {
                old = rmRegister(c);
                if (mnemonic != Mnemonic.BT) {
                    rmRegister(c, change(old, mask));
                }
            } else {
                // The operand-sized unit that the bit lies in.
                long at = constant ? address(c) : address(c, bit >> 3 & -bytes);
                if (mnemonic == Mnemonic.BT) {
                    old = c.load(at, bytes);
                } else if (lock) {
                    do {
                        old = c.lockedLoad(at, bytes);
                    } while (!c.lockedStore(bytes, old, change(old, mask)));
                } else {
                    old = c.modifyLoad(at, bytes);
                    c.modifyStore(bytes, change(old, mask));
                }
            }
            c.setCf((int) (old >>> position & 1));
            return next;
        }

        private long change(long old, long mask) {
            return switch (mnemonic) {
                case BTS -> old | mask;
                case BTR -> old & ~mask;
                default -> old ^ mask;
            };
        }
    }

    private static final class Scan extends GenericOp {
        private final boolean reverse;

        Scan(Insn i, boolean reverse) {
            super(i);
            this.reverse = reverse;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long value = rm(c);
            if (value == 0) {
                c.logicFlags(0);
                return next;
            }
            long position = reverse ? 63 - Long.numberOfLeadingZeros(value) : Long.numberOfTrailingZeros(value);
            reg(c, position);
            // ZF is clear; of the undefined flags PF follows the result, as on the processors of today.
            c.logicFlags(position == 0 ? 3 : position);
            return next;
        }
    }

    private static final class Popcnt extends GenericOp {
        Popcnt(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long value = rm(c);
            reg(c, Long.bitCount(value));
            c.setArithmeticFlags(value == 0 ? Bits.ZF : 0);
            return next;
        }
    }

    /** Of a word it is undefined: it becomes zero, as on processors of today. */
    private static final class Bswap extends RegisterOp {
        private final int bytes;

        Bswap(Insn i) {
            super(i, i.rm, i.rm);
            bytes = i.operandBytes;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long value = c.r[target];
            c.r[target] = switch (bytes) {
                case 8 -> Long.reverseBytes(value);
                case 4 -> Long.reverseBytes(value) >>> 32;
                default -> value & ~0xFFFFL;
            };
            return next;
        }
    }

    private static final class Movbe extends GenericOp {
        private final boolean load;

        Movbe(Insn i) {
            super(i);
            load = i.opcode.operands().startsWith("G");
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            if (load) {
                reg(c, Long.reverseBytes(rm(c)) >>> unused);
            } else {
                rm(c, Long.reverseBytes(reg(c)) >>> unused);
            }
            return next;
        }
    }

    /** CRC-32C, one bit at a time: the polynomial 11EDC6F41 reflected. */
    private static final class Crc32 extends GenericOp {
        private final int target;

        Crc32(Insn i) {
            super(i);
            target = i.reg;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long value = rm(c);
            int crc = (int) c.r[target];
            for (int n = 0; n < bytes; n++) {
                crc ^= (int) (value >>> (n << 3)) & 0xFF;
                for (int bit = 0; bit < 8; bit++) {
                    crc = crc >>> 1 ^ (0x82F63B78 & -(crc & 1));
                }
            }
            c.r[target] = crc & 0xFFFFFFFFL;
            return next;
        }
    }
}
