package dev.backplane.x86.system;

/**
 * The memory type range registers (SDM 3A, 13.11): kept and checked, without effect on a CPU that has no cache. Their first
 * contents are what firmware would leave, since guests take registers that are off for a broken machine and then do
 * without PAT too: write-back, except for the legacy video memory and the hole below 4 GiB.
 */
final class Mtrrs {
    static final int CAPABILITIES = 0xfe;
    static final int DEFAULT_TYPE = 0x2ff;
    private static final int VARIABLE = 8;
    private static final int FIRST_VARIABLE = 0x200;
    private static final int LAST_VARIABLE = FIRST_VARIABLE + 2 * VARIABLE - 1;
    /** Fixed ranges: 64 KiB, two of 16 KiB, eight of 4 KiB. */
    private static final int[] FIXED = {0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f};

    private static final int FIXED_SUPPORTED = 1 << 8;
    private static final int WRITE_COMBINING = 1 << 10;
    private static final int ENABLE = 1 << 11;
    private static final int FIXED_ENABLE = 1 << 10;
    private static final long VALID = 1 << 11;
    private static final int WRITE_BACK = 6;
    private static final long ALL_WRITE_BACK = 0x0606_0606_0606_0606L;
    private static final long HOLE = 3L << 30;
    private static final long ADDRESS = (1L << CpuModel.PHYSICAL_ADDRESS_BITS) - 1 & -4096;

    private final long[] variable = new long[2 * VARIABLE];
    private final long[] fixed = new long[FIXED.length];
    private long defaultType = ENABLE | FIXED_ENABLE | WRITE_BACK;

    Mtrrs() {
        for (int i = 0; i < FIXED.length; i++) {
            fixed[i] = FIXED[i] == 0x259 ? 0 : ALL_WRITE_BACK;
        }
        variable[0] = HOLE;
        variable[1] = ADDRESS & -(1L << 30) | VALID;
    }

    static boolean contains(int msr) {
        return msr == CAPABILITIES
                || msr == DEFAULT_TYPE
                || msr >= FIRST_VARIABLE && msr <= LAST_VARIABLE
                || fixedIndex(msr) >= 0;
    }

    long read(int msr) {
        return switch (msr) {
            case CAPABILITIES -> VARIABLE | FIXED_SUPPORTED | WRITE_COMBINING;
            case DEFAULT_TYPE -> defaultType;
            default -> {
                int index = fixedIndex(msr);
                yield index >= 0 ? fixed[index] : variable[msr - FIRST_VARIABLE];
            }
        };
    }

    /** Returns false for #GP. */
    boolean write(int msr, long value) {
        if (msr == CAPABILITIES) {
            return false;
        }
        if (msr == DEFAULT_TYPE) {
            if ((value & ~(ENABLE | FIXED_ENABLE | 0xffL)) != 0 || !isType(value & 0xff)) {
                return false;
            }
            defaultType = value;
            return true;
        }
        int index = fixedIndex(msr);
        if (index >= 0) {
            for (int shift = 0; shift < 64; shift += 8) {
                if (!isType(value >>> shift & 0xff)) {
                    return false;
                }
            }
            fixed[index] = value;
            return true;
        }
        boolean isBase = (msr & 1) == 0;
        if ((value & ~(ADDRESS | (isBase ? 0xff : VALID))) != 0 || isBase && !isType(value & 0xff)) {
            return false;
        }
        variable[msr - FIRST_VARIABLE] = value;
        return true;
    }

    private static boolean isType(long type) {
        return type == 0 || type == 1 || type >= 4 && type <= 6;
    }

    private static int fixedIndex(int msr) {
        for (int i = 0; i < FIXED.length; i++) {
            if (FIXED[i] == msr) {
                return i;
            }
        }
        return -1;
    }

    /** The registers that a state has to hold. */
    static int[] numbers() {
        int[] numbers = new int[FIXED.length + 2 * VARIABLE + 1];
        System.arraycopy(FIXED, 0, numbers, 0, FIXED.length);
        for (int i = 0; i < 2 * VARIABLE; i++) {
            numbers[FIXED.length + i] = FIRST_VARIABLE + i;
        }
        numbers[numbers.length - 1] = DEFAULT_TYPE;
        return numbers;
    }
}
