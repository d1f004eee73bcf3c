package dev.backplane.x86.fpu;

/**
 * The escape opcodes D8 to DF whose ModRM byte names registers (SDM volume 2D, tables ), undocumented
 * aliases included. FNSTSW AX is the caller's.
 */
public final class FpuRegisterForms {
    private static final int CF = 1;
    private static final int PF = 4;
    private static final int ZF = 0x40;
    private static final int COMPARED = CF | PF | 0x10 | ZF | 0x80 | 0x800;

    private FpuRegisterForms() {}

    /**
     * Whether the instruction neither waits for a pending exception nor counts as the last one: FNINIT, FNCLEX, FNSTSW
     * and the 8087's FNENI, FNDISI and the 80287's FNSETPM.
     *
     * @param escape the low three bits of the opcode
     * @param modrm at least C0H
     */
    public static boolean isControl(int escape, int modrm) {
        return escape == 3 && modrm >> 3 == 0x1C || escape == 7 && modrm == 0xE0;
    }

    /**
     * Whether there is such an instruction.
     *
     * @param escape the low three bits of the opcode
     * @param modrm at least C0H
     */
    public static boolean isDefined(int escape, int modrm) {
        int group = modrm >> 3 & 7;
        int i = modrm & 7;
        return switch (escape) {
            case 1 ->
                switch (group) {
                    case 2 -> i == 0;
                    case 4 -> i == 0 || i == 1 || i == 4 || i == 5;
                    case 5 -> i != 7;
                    default -> true;
                };
            case 2 -> group < 4 || group == 5 && i == 1;
            case 3 -> group < 4 || group == 4 && i < 5 || group == 5 || group == 6;
            case 5 -> group < 6;
            case 6 -> group != 3 || i == 1;
            case 7 -> group < 4 || group == 4 && i == 0 || group == 5 || group == 6;
            default -> true;
        };
    }

    /** Whether the instruction reads or writes flags: FCMOVcc, FCOMI and its kin. */
    public static boolean usesFlags(int escape, int modrm) {
        int group = modrm >> 3 & 7;
        return switch (escape) {
            case 2 -> group < 4;
            case 3 -> group != 4;
            case 7 -> group > 4;
            default -> false;
        };
    }

    /**
     * Executes one instruction whose pending exceptions have been dealt with.
     *
     * @param escape the low three bits of the opcode
     * @param modrm at least C0H, and {@linkplain #isDefined defined}
     * @param rflags the flags before; any number where they do not {@linkplain #usesFlags matter}
     * @return the flags after it
     */
    public static long execute(Fpu f, int escape, int modrm, long rflags) {
        int group = modrm >> 3 & 7;
        int i = modrm & 7;
        switch (escape) {
            case 0 -> arithmetic(f, group, i, 0);
            case 1 -> {
                if (group < 4) {
                    moves(f, group, i);
                } else {
                    unary(f, group, i);
                }
            }
            case 2 -> {
                if (group < 4) {
                    FpuStack.moveIf(f, condition(group, rflags), i);
                } else {
                    FpuArithmetic.compare(f, 1, false, 2);
                }
            }
            case 3 -> {
                if (group < 4) {
                    FpuStack.moveIf(f, !condition(group, rflags), i);
                } else if (group == 4) {
                    control(f, i);
                } else {
                    return compareToFlags(f, i, group == 6, false, rflags);
                }
            }
            case 4 -> arithmetic(f, group, i, i);
            case 5 -> storesAndComparisons(f, group, i);
            case 6 -> poppingArithmetic(f, group, i);
            default -> {
                if (group > 4) {
                    return compareToFlags(f, i, group == 6, true, rflags);
                }
                aliases(f, group, i);
            }
        }
        return rflags;
    }

    private static boolean condition(int group, long flags) {
        int tested = switch (group) {
            case 0 -> CF;
            case 1 -> ZF;
            case 2 -> CF | ZF;
            default -> PF;
        };
        return (flags & tested) != 0;
    }

    private static void arithmetic(Fpu f, int group, int i, int destination) {
        switch (group) {
            case 2 -> FpuArithmetic.compare(f, i, true, 0);
            case 3 -> FpuArithmetic.compare(f, i, true, 1);
            default -> FpuArithmetic.registers(f, group, i, destination, false);
        }
    }

    private static void moves(Fpu f, int group, int i) {
        switch (group) {
            case 0 -> FpuStack.load(f, i);
            case 1 -> FpuStack.exchange(f, i);
            case 3 -> FpuStack.storeIfFull(f, i);
            default -> {
                // FNOP
            }
        }
    }

    private static void unary(Fpu f, int group, int i) {
        switch (group << 3 | i) {
            case 0x20 -> FpuStack.changeSign(f, -1, Extended.SIGN);
            case 0x21 -> FpuStack.changeSign(f, ~Extended.SIGN, 0);
            case 0x24 -> FpuArithmetic.test(f);
            case 0x25 -> FpuArithmetic.examine(f);
            case 0x30 -> FpuTranscendentals.exponential(f);
            case 0x31 -> FpuTranscendentals.logarithm(f);
            case 0x32 -> FpuTranscendentals.tangent(f);
            case 0x33 -> FpuTranscendentals.arcTangent(f);
            case 0x34 -> FpuFunctions.extract(f);
            case 0x35 -> FpuFunctions.remainder(f, true);
            case 0x36 -> f.rotate(-1);
            case 0x37 -> f.rotate(1);
            case 0x38 -> FpuFunctions.remainder(f, false);
            case 0x39 -> FpuTranscendentals.logarithmPlusOne(f);
            case 0x3A -> FpuFunctions.squareRoot(f);
            case 0x3B -> FpuTranscendentals.sineAndCosine(f);
            case 0x3C -> FpuFunctions.roundToInteger(f);
            case 0x3D -> FpuFunctions.scale(f);
            case 0x3E -> FpuTranscendentals.sine(f);
            case 0x3F -> FpuTranscendentals.cosine(f);
            default -> FpuStack.loadConstant(f, i);
        }
    }

    private static void control(Fpu f, int i) {
        switch (i) {
            case 2 -> f.clearExceptions();
            case 3 -> f.initialise();
            default -> {
                // FNENI, FNDISI, FNSETPM: no operations since the 80387
            }
        }
    }

    private static long compareToFlags(Fpu f, int i, boolean ordered, boolean pop, long rflags) {
        return rflags & ~COMPARED | FpuArithmetic.compareToFlags(f, i, ordered, pop);
    }

    private static void storesAndComparisons(Fpu f, int group, int i) {
        switch (group) {
            case 0 -> f.free(i);
            case 1 -> FpuStack.exchange(f, i);
            case 2 -> FpuStack.store(f, i, false);
            case 3 -> FpuStack.store(f, i, true);
            case 4 -> FpuArithmetic.compare(f, i, false, 0);
            default -> FpuArithmetic.compare(f, i, false, 1);
        }
    }

    private static void poppingArithmetic(Fpu f, int group, int i) {
        switch (group) {
            case 2 -> FpuArithmetic.compare(f, i, true, 1);
            case 3 -> FpuArithmetic.compare(f, 1, true, 2);
            default -> FpuArithmetic.registers(f, group, i, i, true);
        }
    }

    private static void aliases(Fpu f, int group, int i) {
        switch (group) {
            case 0 -> {
                f.free(i);
                f.pop();
            }
            case 1 -> FpuStack.exchange(f, i);
            default -> FpuStack.store(f, i, true);
        }
    }
}
