package dev.backplane.x86.fpu;

/**
 * The environment that FNSTENV and FNSAVE store and FLDENV and FRSTOR load (SDM volume 1, 8.1.10): seven words or doublewords,
 * in one of two layouts. As on processors that have deprecated them, selectors are stored as zeros in protected mode.
 */
final class FpuEnvironment {
    /** Fields: control, status and tag word, instruction pointer in two, data pointer in two. */
    static final int FIELDS = 7;

    private static final int UPPER = 0xFFFF_0000;
    private static final int EMPTY = 3;
    private static final int SPECIAL = 2;
    private static final int ZERO = 1;
    private static final int VALID = 0;

    private FpuEnvironment() {}

    /**
     * One field as it is stored.
     *
     * @param index 0 to 6
     * @param wide whether fields have 32 bits
     * @param real whether the layout is that of real and virtual-8086 mode
     */
    static int field(Fpu f, int index, boolean wide, boolean real) {
        int ip = (int) f.instructionPointer;
        int data = (int) f.dataPointer;
        return switch (index) {
            case 0 -> UPPER | f.control;
            case 1 -> UPPER | f.status;
            case 2 -> UPPER | tags(f);
            case 3 -> wide && !real ? ip : UPPER | ip & 0xFFFF;
            case 4 -> real ? upperPart(ip, wide) | f.opcode : wide ? f.opcode << 16 : 0;
            case 5 -> wide && !real ? data : UPPER | data & 0xFFFF;
            default -> real ? upperPart(data, wide) : UPPER;
        };
    }

    /** Bits 16 and up of an address as a real-mode field holds them. */
    private static int upperPart(int address, boolean wide) {
        int upper = address >>> 16 << 12;
        return wide ? upper & 0x0FFF_F000 : upper & 0xF000;
    }

    /** Takes one field over; all seven are loaded in their order. */
    static void load(Fpu f, int index, int value, boolean wide, boolean real) {
        switch (index) {
            case 0 -> f.loadControl(value);
            case 1 -> f.loadStatus(value);
            case 2 -> f.valid = valid(value);
            case 3 -> f.instructionPointer = wide && !real ? value & 0xFFFF_FFFFL : value & 0xFFFF;
            case 4 -> {
                if (real) {
                    f.instructionPointer |= upperAddress(value, wide);
                    f.opcode = value & 0x7FF;
                } else {
                    f.opcode = wide ? value >>> 16 & 0x7FF : 0;
                }
            }
            case 5 -> f.dataPointer = wide && !real ? value & 0xFFFF_FFFFL : value & 0xFFFF;
            default -> {
                if (real) {
                    f.dataPointer |= upperAddress(value, wide);
                }
            }
        }
    }

    private static long upperAddress(int field, boolean wide) {
        return (wide ? field & 0x0FFF_F000L : field & 0xF000L) << 4;
    }

    /** The full tag word: two bits for each physical register. */
    static int tags(Fpu f) {
        int tags = 0;
        for (int register = 7; register >= 0; register--) {
            tags = tags << 2 | tag(f, register);
        }
        return tags;
    }

    private static int tag(Fpu f, int register) {
        if ((f.valid >> register & 1) == 0) {
            return EMPTY;
        }
        long significand = f.significand[register];
        int exponent = f.signExponent[register] & Extended.EXPONENT;
        if (exponent == 0 && significand == 0) {
            return ZERO;
        }
        return exponent == 0 || exponent == Extended.EXPONENT || significand >= 0 ? SPECIAL : VALID;
    }

    private static int valid(int tags) {
        int valid = 0;
        for (int register = 0; register < 8; register++) {
            valid |= (tags >> (register << 1) & EMPTY) != EMPTY ? 1 << register : 0;
        }
        return valid;
    }
}
