package dev.backplane.x86.fpu;

/** The instructions that compute on the stack: ST(0) with another register or an operand from memory. */
final class FpuArithmetic {
    private FpuArithmetic() {}

    /**
     * ST(destination) = ST(0) operation ST(source), the register forms of D8, DC and DE.
     *
     * @param operation bits 3-5 of the instruction's ModRM byte, without the two comparisons
     */
    static void registers(Fpu f, int operation, int source, int destination, boolean pop) {
        if (f.isEmpty(0) || f.isEmpty(source)) {
            if (!f.stackFault(false)) {
                return;
            }
        } else {
            f.begin();
            compute(f, operation, f.significand(source), f.signExponent(source));
            if (!f.finish()) {
                return;
            }
        }
        f.put(destination, f.x.significand, f.x.signExponent);
        if (pop) {
            f.pop();
        }
    }

    /** ST(0) = ST(0) operation x, where x is an operand from memory, already widened into {@code f.x}. */
    static void memory(Fpu f, int operation) {
        if (f.isEmpty(0)) {
            if (!f.stackFault(false)) {
                return;
            }
        } else {
            compute(f, operation, f.x.significand, f.x.signExponent);
            if (!f.finish()) {
                return;
            }
        }
        f.put(0, f.x.significand, f.x.signExponent);
    }

    private static void compute(Fpu f, int operation, long b, int bSe) {
        long a = f.significand(0);
        int aSe = f.signExponent(0);
        switch (operation) {
            case 0 -> ExtendedArithmetic.add(f.x, a, aSe, b, bSe);
            case 1 -> ExtendedArithmetic.multiply(f.x, a, aSe, b, bSe);
            case 4 -> ExtendedArithmetic.subtract(f.x, a, aSe, b, bSe);
            case 5 -> ExtendedArithmetic.subtract(f.x, b, bSe, a, aSe);
            case 6 -> ExtendedArithmetic.divide(f.x, a, aSe, b, bSe);
            case 7 -> ExtendedArithmetic.divide(f.x, b, bSe, a, aSe);
            default -> throw new IllegalArgumentException("x87 operation %d is a comparison".formatted(operation));
        }
    }

    /** FCOM, FUCOM and their popping forms, with a register. */
    static void compare(Fpu f, int source, boolean ordered, int pops) {
        if (f.isEmpty(0) || f.isEmpty(source)) {
            finishFaultedComparison(f, pops);
        } else {
            f.begin();
            finishComparison(f, f.significand(source), f.signExponent(source), ordered, pops);
        }
    }

    /** FCOM and FCOMP with an operand from memory, already widened into {@code f.x}. */
    static void compareMemory(Fpu f, int pops) {
        if (f.isEmpty(0)) {
            finishFaultedComparison(f, pops);
        } else {
            finishComparison(f, f.x.significand, f.x.signExponent, true, pops);
        }
    }

    private static void finishFaultedComparison(Fpu f, int pops) {
        boolean masked = f.stackFault(false);
        f.set(ExtendedComparison.UNORDERED);
        if (masked) {
            popTimes(f, pops);
        }
    }

    private static void finishComparison(Fpu f, long b, int bSe, boolean ordered, int pops) {
        int codes = ExtendedComparison.compare(f.x, f.significand(0), f.signExponent(0), b, bSe, ordered);
        boolean masked = f.finish();
        f.clear(X87.CONDITION_CODES);
        f.set(codes);
        if (masked) {
            popTimes(f, pops);
        }
    }

    private static void popTimes(Fpu f, int pops) {
        for (int i = 0; i < pops; i++) {
            f.pop();
        }
    }

    /** FCOMI and FUCOMI. Returns ZF, PF and CF at their places in RFLAGS; they change even where the pop does not happen. */
    static int compareToFlags(Fpu f, int source, boolean ordered, boolean pop) {
        int codes = ExtendedComparison.UNORDERED;
        boolean masked;
        if (f.isEmpty(0) || f.isEmpty(source)) {
            masked = f.stackFault(false);
        } else {
            f.begin();
            codes = ExtendedComparison.compare(
                    f.x, f.significand(0), f.signExponent(0), f.significand(source), f.signExponent(source), ordered);
            masked = f.finishKeepingC1();
        }
        if (masked && pop) {
            f.pop();
        }
        return codes >> 8 & 0x45;
    }

    /** FTST: compares ST(0) with zero. */
    static void test(Fpu f) {
        if (f.isEmpty(0)) {
            finishFaultedComparison(f, 0);
        } else {
            f.begin();
            finishComparison(f, 0, 0, true, 0);
        }
    }

    /** FXAM: the class of ST(0), empty or not. */
    static void examine(Fpu f) {
        int codes = ExtendedComparison.examine(f.significand(0), f.signExponent(0));
        f.clear(X87.CONDITION_CODES);
        f.set(f.isEmpty(0) ? codes & X87.C1 | X87.C3 | X87.C0 : codes);
    }
}
