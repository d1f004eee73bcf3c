package dev.backplane.x86.oracle;

import java.util.random.RandomGenerator;

/** Random MMX and SSE states: integers, singles and doubles at the edges of their formats. */
final class SimdCases {
    private static final int[] SINGLE_EXPONENTS = {0, 0, 1, 2, 126, 127, 128, 150, 157, 158, 190, 253, 254, 255};
    private static final int[] DOUBLE_EXPONENTS = {
        0, 0, 1, 2, 897, 1022, 1023, 1024, 1054, 1075, 1086, 1150, 2045, 2046, 2047
    };

    private final RandomGenerator random;
    private int flavour;

    SimdCases(RandomGenerator random) {
        this.random = random;
    }

    /** Fills general registers, XMM registers and MXCSR, with all exceptions masked. */
    void fill(OracleState state) {
        flavour = random.nextInt(4);
        for (int i = 0; i < 16; i++) {
            state.xmm(i, half(), half());
            state.ymm[2 * i] = half();
            state.ymm[2 * i + 1] = half();
            state.gpr[i] = random.nextInt(4) == 0 ? random.nextInt(-20, 20) : integer();
        }
        state.mxcsr(mxcsr());
    }

    /** Fills the MMX registers. */
    void mmx(OracleState state) {
        for (int i = 0; i < 8; i++) {
            state.st(i, half(), random.nextInt(0x10000));
        }
    }

    private int mxcsr() {
        int flags = random.nextInt(3) == 0 ? random.nextInt(64) : 0;
        int modes = random.nextInt(3) == 0 ? random.nextInt(0x10000) & 0xE040 : 0;
        return 0x1F80 | flags | modes;
    }

    /** Eight bytes for a register or an operand. */
    long half() {
        return switch (flavour) {
            case 0 -> integer();
            case 1 -> single() & 0xFFFF_FFFFL | (long) single() << 32;
            case 2 -> dbl();
            default -> random.nextBoolean() ? random.nextInt(70) : dbl();
        };
    }

    private long integer() {
        long bits = random.nextLong();
        return switch (random.nextInt(4)) {
            case 0 -> bits & 0x8080_8080_8080_8080L | 0x7F00_7F80_FF00_8000L;
            case 1 -> bits & random.nextLong() & random.nextLong();
            case 2 -> bits | random.nextLong() | random.nextLong();
            default -> bits;
        };
    }

    private int single() {
        int exponent = random.nextBoolean()
                ? SINGLE_EXPONENTS[random.nextInt(SINGLE_EXPONENTS.length)]
                : 127 + random.nextInt(-30, 30);
        int fraction = (int) fraction(23);
        return random.nextInt() & Integer.MIN_VALUE | exponent << 23 | fraction;
    }

    private long dbl() {
        long exponent = random.nextBoolean()
                ? DOUBLE_EXPONENTS[random.nextInt(DOUBLE_EXPONENTS.length)]
                : 1023 + random.nextInt(-60, 60);
        return random.nextLong() & Long.MIN_VALUE | exponent << 52 | fraction(52);
    }

    private long fraction(int bits) {
        long value = switch (random.nextInt(5)) {
            case 0 -> 0;
            case 1 -> -1;
            case 2 -> random.nextLong() << random.nextInt(bits);
            case 3 -> 1L << random.nextInt(bits);
            default -> random.nextLong();
        };
        return value & (1L << bits) - 1;
    }
}
