package dev.backplane.x86.fpu;

/**
 * The escape opcodes D8 to DF whose ModRM byte names registers (SDM volume 2D, tables ), undocumented
 * aliases included. FNSTSW AX is the caller's.
 */
public final class FpuRegisterForms {
    /** What {@link #execute} returns for an opcode that does not exist. */
    public static final long UNDEFINED = -1;

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
     * Executes one instruction whose pending exceptions have been dealt with.
     *
     * @param escape the low three bits of the opcode
     * @param modrm at least C0H
     * @param rflags the flags before
     * @return the flags after it, or {@link #UNDEFINED}
     */
    public static long execute(Fpu f, int escape, int modrm, long rflags) {
        int group = modrm >> 3 & 7;
        int i = modrm & 7;
        return switch (escape) {
            case 0 -> done(rflags, arithmetic(f, group, i, 0));
            case 1 -> done(rflags, group < 4 ? moves(f, group, i) : unary(f, group, i));
            case 2 -> done(rflags, moveIf(f, group, i, rflags));
            case 3 -> group < 4 ? done(rflags, moveIf(f, group, i, ~rflags)) : flagsAndControl(f, group, i, rflags);
            case 4 -> done(rflags, arithmetic(f, group, i, i));
            case 5 -> done(rflags, storesAndComparisons(f, group, i));
            case 6 -> done(rflags, poppingArithmetic(f, group, i));
            default -> aliasesAndFlags(f, group, i, rflags);
        };
    }

    private static long done(long rflags, boolean defined) {
        return defined ? rflags : UNDEFINED;
    }

    private static boolean arithmetic(Fpu f, int group, int i, int destination) {
        switch (group) {
            case 2 -> FpuArithmetic.compare(f, i, true, 0);
            case 3 -> FpuArithmetic.compare(f, i, true, 1);
            default -> FpuArithmetic.registers(f, group, i, destination, false);
        }
        return true;
    }

    private static boolean moves(Fpu f, int group, int i) {
        switch (group) {
            case 0 -> FpuStack.load(f, i);
            case 1 -> FpuStack.exchange(f, i);
            case 2 -> {
                return i == 0;
            }
            default -> FpuStack.storeIfFull(f, i);
        }
        return true;
    }

    private static boolean unary(Fpu f, int group, int i) {
        switch (group << 3 | i) {
            case 0x20 -> FpuStack.changeSign(f, -1, Extended.SIGN);
            case 0x21 -> FpuStack.changeSign(f, ~Extended.SIGN, 0);
            case 0x24 -> FpuArithmetic.test(f);
            case 0x25 -> FpuArithmetic.examine(f);
            case 0x28, 0x29, 0x2A, 0x2B, 0x2C, 0x2D, 0x2E -> FpuStack.loadConstant(f, i);
            case 0x34 -> FpuFunctions.extract(f);
            case 0x35 -> FpuFunctions.remainder(f, true);
            case 0x36 -> f.rotate(-1);
            case 0x37 -> f.rotate(1);
            case 0x38 -> FpuFunctions.remainder(f, false);
            case 0x3A -> FpuFunctions.squareRoot(f);
            case 0x3C -> FpuFunctions.roundToInteger(f);
            case 0x3D -> FpuFunctions.scale(f);
            default -> {
                return false;
            }
        }
        return true;
    }

    private static boolean moveIf(Fpu f, int group, int i, long flags) {
        switch (group) {
            case 0 -> FpuStack.moveIf(f, (flags & CF) != 0, i);
            case 1 -> FpuStack.moveIf(f, (flags & ZF) != 0, i);
            case 3 -> FpuStack.moveIf(f, (flags & PF) != 0, i);
            default -> {
                return false;
            }
        }
        return true;
    }

    private static long flagsAndControl(Fpu f, int group, int i, long rflags) {
        switch (group << 3 | i) {
            case 0x20, 0x21, 0x24 -> {
                return rflags;
            }
            case 0x22 -> f.clearExceptions();
            case 0x23 -> f.initialise();
            default -> {
                return group == 5 || group == 6 ? compareToFlags(f, i, group == 6, false, rflags) : UNDEFINED;
            }
        }
        return rflags;
    }

    private static long compareToFlags(Fpu f, int i, boolean ordered, boolean pop, long rflags) {
        return rflags & ~COMPARED | FpuArithmetic.compareToFlags(f, i, ordered, pop);
    }

    private static boolean storesAndComparisons(Fpu f, int group, int i) {
        switch (group) {
            case 0 -> f.free(i);
            case 1 -> FpuStack.exchange(f, i);
            case 2 -> FpuStack.store(f, i, false);
            case 3 -> FpuStack.store(f, i, true);
            case 4 -> FpuArithmetic.compare(f, i, false, 0);
            case 5 -> FpuArithmetic.compare(f, i, false, 1);
            default -> {
                return false;
            }
        }
        return true;
    }

    private static boolean poppingArithmetic(Fpu f, int group, int i) {
        if (group == 2) {
            FpuArithmetic.compare(f, i, true, 1);
        } else if (group != 3) {
            FpuArithmetic.registers(f, group, i, i, true);
        } else if (i == 1) {
            FpuArithmetic.compare(f, 1, true, 2);
        } else {
            return false;
        }
        return true;
    }

    private static long aliasesAndFlags(Fpu f, int group, int i, long rflags) {
        switch (group) {
            case 0 -> {
                f.free(i);
                f.pop();
            }
            case 1 -> FpuStack.exchange(f, i);
            case 2, 3 -> FpuStack.store(f, i, true);
            case 5, 6 -> {
                return compareToFlags(f, i, group == 6, true, rflags);
            }
            default -> {
                return UNDEFINED;
            }
        }
        return rflags;
    }
}
