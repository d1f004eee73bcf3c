package dev.backplane.x86.fpu;

/** The instructions of D9 F0 to FF, which replace or push results of one or two operands on the stack's top. */
final class FpuFunctions {
    private FpuFunctions() {}

    static void squareRoot(Fpu f) {
        if (startUnary(f)) {
            ExtendedArithmetic.squareRoot(f.x, f.significand(0), f.signExponent(0));
            finish(f);
        }
    }

    static void roundToInteger(Fpu f) {
        if (startUnary(f)) {
            ExtendedScale.roundToInteger(f.x, f.significand(0), f.signExponent(0));
            finish(f);
        }
    }

    static void scale(Fpu f) {
        if (startBinary(f)) {
            ExtendedScale.scale(f.x, f.significand(0), f.signExponent(0), f.significand(1), f.signExponent(1));
            finish(f);
        }
    }

    static void remainder(Fpu f, boolean nearest) {
        f.clear(X87.C2);
        if (startBinary(f)) {
            int codes = ExtendedRemainder.remainder(
                    f.x, f.significand(0), f.signExponent(0), f.significand(1), f.signExponent(1), nearest);
            finish(f);
            if (codes >= 0) {
                f.clear(X87.CONDITION_CODES);
                f.set(codes);
            }
        }
    }

    static void extract(Fpu f) {
        boolean underflow = f.isEmpty(0);
        if (underflow || !f.isEmpty(7)) {
            if (f.stackFault(!underflow)) {
                f.put(0, f.x.significand, f.x.signExponent);
                f.push();
                f.put(0, f.x.significand, f.x.signExponent);
            }
            return;
        }
        f.begin();
        ExtendedScale.extract(f.x, f.significand(0), f.signExponent(0), f.second);
        if (f.finish()) {
            f.put(0, f.second.significand, f.second.signExponent);
            f.push();
            f.put(0, f.x.significand, f.x.signExponent);
        }
    }

    /** Begins an operation on ST(0); returns false when the register is empty, and then nothing is left to do. */
    static boolean startUnary(Fpu f) {
        if (!f.isEmpty(0)) {
            f.begin();
            return true;
        }
        if (f.stackFault(false)) {
            f.put(0, f.x.significand, f.x.signExponent);
        }
        return false;
    }

    private static boolean startBinary(Fpu f) {
        if (!f.isEmpty(0) && !f.isEmpty(1)) {
            f.begin();
            return true;
        }
        if (f.stackFault(false)) {
            f.put(0, f.x.significand, f.x.signExponent);
        }
        return false;
    }

    static void finish(Fpu f) {
        if (f.finish()) {
            f.put(0, f.x.significand, f.x.signExponent);
        }
    }
}
