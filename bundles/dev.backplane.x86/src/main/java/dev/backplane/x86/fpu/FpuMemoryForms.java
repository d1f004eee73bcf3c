package dev.backplane.x86.fpu;

import dev.backplane.x86.internal.softfloat.Exceptions;
import dev.backplane.x86.internal.softfloat.Rounding;

/**
 * The escape opcodes D8 to DF with a memory operand that holds one number. A load is one call; a store is two, so that
 * a page fault leaves the unit unchanged: {@link #prepareStore} computes what to write, and once that is in memory (or
 * need not be written) {@link #commitStore} does the rest. What saves and loads the unit's state is {@link FpuImage}'s.
 */
public final class FpuMemoryForms {
    private FpuMemoryForms() {}

    /**
     * The size of the number that an instruction loads.
     *
     * @param form the low three bits of the opcode, then bits 3-5 of the ModRM byte
     * @return bytes, or 0 if it is not such an instruction
     */
    public static int loadBytes(int form) {
        return switch (form >> 3) {
            case 0, 2 -> 4;
            case 4 -> 8;
            case 6 -> 2;
            default ->
                switch (form) {
                    case 0x08, 0x18 -> 4;
                    case 0x1D, 0x3C -> 10;
                    case 0x28, 0x3D -> 8;
                    case 0x38 -> 2;
                    default -> 0;
                };
        };
    }

    /** The size of the number that an instruction stores; the parameter and result are as for {@link #loadBytes}. */
    public static int storeBytes(int form) {
        return switch (form) {
            case 0x0A, 0x0B, 0x19, 0x1A, 0x1B -> 4;
            case 0x1F, 0x3E -> 10;
            case 0x29, 0x2A, 0x2B, 0x3F -> 8;
            case 0x39, 0x3A, 0x3B -> 2;
            default -> 0;
        };
    }

    /**
     * Executes an instruction that loads.
     *
     * @param form as for {@link #loadBytes}
     * @param low the low eight bytes of the operand, or all of it
     * @param high the high two bytes of a ten-byte operand
     */
    public static void load(Fpu f, int form, long low, int high) {
        f.begin();
        switch (form >> 3) {
            case 0 -> {
                ExtendedConversion.fromSingle(f.x, (int) low);
                compute(f, form & 7);
            }
            case 2 -> {
                ExtendedConversion.fromInteger(f.x, (int) low);
                compute(f, form & 7);
            }
            case 4 -> {
                ExtendedConversion.fromDouble(f.x, low);
                compute(f, form & 7);
            }
            case 6 -> {
                ExtendedConversion.fromInteger(f.x, (short) low);
                compute(f, form & 7);
            }
            default -> push(f, form, low, high);
        }
    }

    private static void compute(Fpu f, int operation) {
        switch (operation) {
            case 2 -> FpuArithmetic.compareMemory(f, 0);
            case 3 -> FpuArithmetic.compareMemory(f, 1);
            default -> FpuArithmetic.memory(f, operation);
        }
    }

    private static void push(Fpu f, int form, long low, int high) {
        switch (form) {
            case 0x08 -> {
                ExtendedConversion.fromSingle(f.x, (int) low);
                ExtendedConversion.finishLoad(f.x);
            }
            case 0x28 -> {
                ExtendedConversion.fromDouble(f.x, low);
                ExtendedConversion.finishLoad(f.x);
            }
            case 0x18 -> ExtendedConversion.fromInteger(f.x, (int) low);
            case 0x38 -> ExtendedConversion.fromInteger(f.x, (short) low);
            case 0x3D -> ExtendedConversion.fromInteger(f.x, low);
            case 0x1D -> f.x.set(low, high & 0xFFFF);
            case 0x3C -> ExtendedDecimal.load(f.x, low, high);
            default -> throw new IllegalArgumentException("x87 form %x is no load".formatted(form));
        }
        FpuStack.pushResult(f);
    }

    /**
     * Computes what an instruction stores: {@link Fpu#storeLow()} and, of ten bytes, {@link Fpu#storeHigh()}.
     *
     * @param form as for {@link #storeBytes}
     * @return whether there is something to write: not when an unmasked exception forbids it
     */
    public static boolean prepareStore(Fpu f, int form) {
        f.begin();
        if (f.isEmpty(0)) {
            f.x.invalid();
        } else {
            f.x.set(f.significand(0), f.signExponent(0));
        }
        convert(f, form);
        int prevented = f.x.raised & (Exceptions.ALL ^ Exceptions.INEXACT);
        return f.x.masked(prevented);
    }

    private static void convert(Fpu f, int form) {
        Extended x = f.x;
        long a = x.significand;
        int aSe = x.signExponent;
        switch (form) {
            case 0x0A, 0x0B -> f.storeLow = ExtendedConversion.toSingle(x, a, aSe);
            case 0x2A, 0x2B -> f.storeLow = ExtendedConversion.toDouble(x, a, aSe);
            case 0x1A, 0x1B -> f.storeLow = ExtendedConversion.toInteger(x, a, aSe, 32, x.rounding());
            case 0x3A, 0x3B -> f.storeLow = ExtendedConversion.toInteger(x, a, aSe, 16, x.rounding());
            case 0x3F -> f.storeLow = ExtendedConversion.toInteger(x, a, aSe, 64, x.rounding());
            case 0x19 -> f.storeLow = ExtendedConversion.toInteger(x, a, aSe, 32, Rounding.ZERO);
            case 0x39 -> f.storeLow = ExtendedConversion.toInteger(x, a, aSe, 16, Rounding.ZERO);
            case 0x29 -> f.storeLow = ExtendedConversion.toInteger(x, a, aSe, 64, Rounding.ZERO);
            case 0x1F -> {
                f.storeLow = a;
                f.storeHigh = aSe;
            }
            case 0x3E -> {
                f.storeLow = ExtendedDecimal.store(x, a, aSe);
                f.storeHigh = x.signExponent;
            }
            default -> throw new IllegalArgumentException("x87 form %x is no store".formatted(form));
        }
    }

    /**
     * Ends an instruction that stores, right after {@link #prepareStore}.
     *
     * @param written what {@link #prepareStore} returned
     */
    public static void commitStore(Fpu f, int form, boolean written) {
        if (f.isEmpty(0)) {
            f.stackFault(false);
        } else {
            f.finish();
        }
        if (written && pops(form)) {
            f.pop();
        }
    }

    private static boolean pops(int form) {
        return form != 0x0A && form != 0x2A && form != 0x1A && form != 0x3A;
    }
}
