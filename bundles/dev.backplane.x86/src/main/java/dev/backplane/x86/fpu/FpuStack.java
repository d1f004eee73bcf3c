package dev.backplane.x86.fpu;

import dev.backplane.x86.internal.softfloat.Exceptions;
import dev.backplane.x86.internal.softfloat.Rounding;

/** The instructions that move numbers about the stack without computing. */
final class FpuStack {
    private FpuStack() {}

    /** Pushes the operand in {@code f.x}, where its exceptions are raised. A denormal is pushed even if that is unmasked. */
    static void pushResult(Fpu f) {
        if (!f.isEmpty(7)) {
            if (!f.stackFault(true)) {
                return;
            }
        } else if (!f.finish() && (f.x.raised & Exceptions.INVALID) != 0) {
            return;
        }
        f.push();
        f.put(0, f.x.significand, f.x.signExponent);
    }

    /** FLD ST(source). */
    static void load(Fpu f, int source) {
        if (f.isEmpty(source)) {
            if (!f.stackFault(false)) {
                return;
            }
            f.push();
            f.put(0, f.x.significand, f.x.signExponent);
        } else {
            f.begin();
            f.x.set(f.significand(source), f.signExponent(source));
            pushResult(f);
        }
    }

    /** The undocumented FSTP of D9 D8: as FSTP, but an empty ST(0) is only popped. */
    static void storeIfFull(Fpu f, int destination) {
        if (f.isEmpty(0)) {
            f.clear(X87.C1);
            f.pop();
        } else {
            store(f, destination, true);
        }
    }

    /** FST ST(destination) and FSTP ST(destination). */
    static void store(Fpu f, int destination, boolean pop) {
        if (f.isEmpty(0)) {
            if (!f.stackFault(false)) {
                return;
            }
        } else {
            f.clear(X87.C1);
            f.x.set(f.significand(0), f.signExponent(0));
        }
        f.put(destination, f.x.significand, f.x.signExponent);
        if (pop) {
            f.pop();
        }
    }

    /** FXCH. An empty register counts as the default NaN. */
    static void exchange(Fpu f, int with) {
        if (f.isEmpty(0) || f.isEmpty(with)) {
            if (!f.stackFault(false)) {
                return;
            }
            fillIfEmpty(f, 0);
            fillIfEmpty(f, with);
        }
        f.clear(X87.C1);
        long significand = f.significand(0);
        int signExponent = f.signExponent(0);
        f.put(0, f.significand(with), f.signExponent(with));
        f.put(with, significand, signExponent);
    }

    private static void fillIfEmpty(Fpu f, int index) {
        if (f.isEmpty(index)) {
            f.put(index, f.x.significand, f.x.signExponent);
        }
    }

    /** FCMOVcc. */
    static void moveIf(Fpu f, boolean condition, int source) {
        if (f.isEmpty(0) || f.isEmpty(source)) {
            if (f.stackFault(false)) {
                f.put(0, f.x.significand, f.x.signExponent);
            }
            return;
        }
        if (condition) {
            f.put(0, f.significand(source), f.signExponent(source));
        }
    }

    /** FCHS and FABS: the sign bit becomes {@code sign & keep ^ flip}. */
    static void changeSign(Fpu f, int keep, int flip) {
        if (f.isEmpty(0)) {
            if (f.stackFault(false)) {
                f.put(0, f.x.significand, f.x.signExponent);
            }
            return;
        }
        f.clear(X87.C1);
        f.put(0, f.significand(0), f.signExponent(0) & keep ^ flip);
    }

    /** FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2 and FLDZ, by the low three bits of the instruction. */
    static void loadConstant(Fpu f, int which) {
        int mode = f.control >> 10 & 3;
        boolean cut = mode == Rounding.DOWN || mode == Rounding.ZERO;
        f.begin();
        switch (which) {
            case 0 -> f.x.set(Extended.INTEGER_BIT, 0x3FFF);
            case 1 -> f.x.set(0xD49A_784B_CD1B_8AFEL + (mode == Rounding.UP ? 1 : 0), 0x4000);
            case 2 -> f.x.set(0xB8AA_3B29_5C17_F0BCL - (cut ? 1 : 0), 0x3FFF);
            case 3 -> f.x.set(0xC90F_DAA2_2168_C235L - (cut ? 1 : 0), 0x4000);
            case 4 -> f.x.set(0x9A20_9A84_FBCF_F799L - (cut ? 1 : 0), 0x3FFD);
            case 5 -> f.x.set(0xB172_17F7_D1CF_79ACL - (cut ? 1 : 0), 0x3FFE);
            case 6 -> f.x.set(0, 0);
            default -> throw new IllegalArgumentException("x87 constant %d does not exist".formatted(which));
        }
        pushResult(f);
    }
}
