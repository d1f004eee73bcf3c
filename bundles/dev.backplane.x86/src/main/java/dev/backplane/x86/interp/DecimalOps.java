package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Vector;
import org.jspecify.annotations.Nullable;

/** DAA, DAS, AAA, AAS, AAM and AAD (SDM volume 2); none of them exists in 64-bit mode. */
final class DecimalOps {
    private DecimalOps() {}

    static Op make(Insn i) {
        return new Decimal(i);
    }

    private static final class Decimal extends Op {
        private final Mnemonic mnemonic;
        private final int base;

        Decimal(Insn i) {
            mnemonic = i.mnemonic();
            base = (int) i.immediate & 0xFF;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            int ax = (int) r[Gpr.RAX] & 0xFFFF;
            int result = switch (mnemonic) {
                case DAA -> packed(c, ax, 1);
                case DAS -> packed(c, ax, -1);
                case AAA -> unpacked(c, ax, 1);
                case AAS -> unpacked(c, ax, -1);
                case AAM -> multiplied(c, ax & 0xFF);
                default -> {
                    int al = (ax & 0xFF) + (ax >> 8) * base & 0xFF;
                    c.logicFlags((byte) al);
                    yield al;
                }
            };
            r[Gpr.RAX] = Sizes.merge(r[Gpr.RAX], result, 2);
            return next;
        }

        /** DAA and DAS: AL becomes packed decimal. */
        private static int packed(Cpu c, int ax, int direction) {
            int al = ax & 0xFF;
            boolean carry = c.cf();
            boolean adjust = (al & 0xF) > 9 || c.af();
            int result = al;
            boolean out = false;
            if (adjust) {
                result += 6 * direction;
                out = carry || (result & ~0xFF) != 0;
            }
            if (al > 0x99 || carry) {
                result += 0x60 * direction;
                out = true;
            }
            c.logicFlags((byte) result);
            c.setArithmeticFlags(
                    c.flags() & (Bits.ZF | Bits.SF | Bits.PF) | (adjust ? Bits.AF : 0) | (out ? Bits.CF : 0));
            return ax & 0xFF00 | result & 0xFF;
        }

        /** AAA and AAS: AX becomes unpacked decimal. */
        private static int unpacked(Cpu c, int ax, int direction) {
            boolean adjust = (ax & 0xF) > 9 || c.af();
            int result = adjust ? ax + 0x106 * direction : ax;
            result &= 0xFF0F;
            c.logicFlags((byte) result);
            c.setArithmeticFlags(c.flags() & (Bits.ZF | Bits.SF | Bits.PF) | (adjust ? Bits.AF | Bits.CF : 0));
            return result;
        }

        private int multiplied(Cpu c, int al) {
            if (base == 0) {
                throw c.fault(Vector.DE, -1);
            }
            c.logicFlags((byte) (al % base));
            return al / base << 8 | al % base;
        }
    }
}
