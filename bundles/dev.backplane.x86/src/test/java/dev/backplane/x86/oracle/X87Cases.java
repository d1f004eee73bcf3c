package dev.backplane.x86.oracle;

import java.util.random.RandomGenerator;

/** Random x87 states, rich in the values at which arithmetic has its corners. */
final class X87Cases {
    private static final int[] EXPONENTS = {0, 1, 2, 63, 64, 65, 0x3FFE, 0x3FFF, 0x4000, 0x7FFD, 0x7FFE, 0x7FFF};

    private final RandomGenerator random;

    X87Cases(RandomGenerator random) {
        this.random = random;
    }

    /** Fills the x87 part of a state. */
    void fill(OracleState state) {
        state.fcw(control());
        state.fsw(random.nextInt(0x10000) & 0x7F7F & (~0x3F | state.fcw() & (random.nextBoolean() ? 0x3F : 0)));
        state.ftw(random.nextInt(4) != 0 ? 0xFF : random.nextInt(256));
        int center = exponent();
        for (int i = 0; i < 8; i++) {
            int sign = random.nextBoolean() ? 0x8000 : 0;
            state.st(i, significand(), sign | (random.nextInt(3) == 0 ? exponent() : near(center)));
        }
    }

    /** Moves the operands of a transcendental instruction, D9 and this byte, to where the function is interesting. */
    void limit(OracleState in, int modrm) {
        for (int i = 0; i < 2; i++) {
            int exponent = switch (modrm) {
                case 0xF0 -> 0x3FFE - random.nextInt(random.nextBoolean() ? 4 : 70);
                case 0xF1 -> 0x3FFF + random.nextInt(-4, 4);
                case 0xF9 ->
                    i == 0 ? 0x3FFF - random.nextInt(random.nextBoolean() ? 5 : 70) : 0x3FFF + random.nextInt(-40, 40);
                case 0xF3 -> 0x3FFF + random.nextInt(-5, 5);
                default -> 0x3FFF + (random.nextBoolean() ? random.nextInt(-4, 4) : random.nextInt(-70, 63));
            };
            long bits = random.nextInt(4) == 0 ? in.stMantissa(i) : random.nextLong();
            in.st(i, bits | Long.MIN_VALUE, exponent | in.stSignExponent(i) & 0x8000);
        }
    }

    private int control() {
        int masks = random.nextInt(3) == 0 ? random.nextInt(64) : 63;
        return masks | 0x40 | random.nextInt(16) << 8;
    }

    private int near(int center) {
        return Math.clamp(center + random.nextInt(-70, 71), 0, 0x7FFF);
    }

    private int exponent() {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(0x8000);
            case 1 -> 0x3FFF + random.nextInt(-80, 81);
            case 2 -> Math.max(0, EXPONENTS[random.nextInt(EXPONENTS.length)] + random.nextInt(-1, 1));
            default -> EXPONENTS[random.nextInt(EXPONENTS.length)];
        };
    }

    /** A significand, mostly normalised. */
    long significand() {
        long bits = switch (random.nextInt(6)) {
            case 0 -> 0;
            case 1 -> -1L << random.nextInt(64);
            case 2 -> (1L << random.nextInt(64)) - random.nextInt(2);
            case 3 -> random.nextLong() << random.nextInt(64);
            case 4 -> (1L << random.nextInt(64)) | (1L << random.nextInt(64));
            default -> random.nextLong();
        };
        return random.nextInt(8) == 0 ? bits : bits | Long.MIN_VALUE;
    }

    /** A single as an operand in memory. */
    long single() {
        int fraction = (int) (significand() >>> random.nextInt(32, 64));
        int exponent = switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> 255;
            default -> random.nextInt(256);
        };
        return (fraction & 0x7FFFFF | exponent << 23 | random.nextInt() & 0x8000_0000) & 0xFFFF_FFFFL;
    }

    /** A double as an operand in memory. */
    long dbl() {
        long fraction = significand() >>> random.nextInt(64);
        long exponent = switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> 2047;
            default -> random.nextInt(2048);
        };
        return fraction & 0xFFFFFFFFFFFFFL | exponent << 52 | random.nextLong() & Long.MIN_VALUE;
    }
}
