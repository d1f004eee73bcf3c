package dev.backplane.x86.oracle;

import java.util.Random;

/** Where memory operands and jumps go: mostly into the window, in all alignments, across pages, now and then elsewhere. */
final class Targets {
    private static final long NO_PAGE = SiliconLayout.DATA + 0x4_0000;
    private static final int[] SELECTORS = {
        0, 3, 0x2B, 0x2B, 0x2B, 0x33, 0x33, 0x33, 0x23, 0x23, 0x28, 0x10, 0x18, 0x40, 0x43, 0x80, 0x2F, 0x63
    };

    /** The bytes of the operand at hand; set before a target is asked for. */
    int bytes = 8;
    /** What the operand has to be aligned to, mostly. */
    int alignment = 1;
    /** Whether it may cross a line of the cache: an operand that is locked would stop all of some machines. */
    boolean locked;
    /** How far around the operand accesses may go. */
    int margin;

    /** A selector of the tables that both machines have, or none. */
    static int selector(Random random) {
        return SELECTORS[random.nextInt(SELECTORS.length)];
    }

    /** An address below 2 GiB. */
    long near(Random random) {
        return target(random, SiliconLayout.DATA);
    }

    /** An address anywhere. */
    long far(Random random) {
        int kind = random.nextInt(64);
        if (kind == 0) {
            return random.nextLong() | Long.MIN_VALUE >>> random.nextInt(17);
        }
        if (kind == 1) {
            return 1L << 47 | random.nextLong() >>> 1;
        }
        return target(random, random.nextBoolean() ? SiliconLayout.DATA : SiliconLayout.HIGH_DATA);
    }

    /** Where a jump may go: not into another case's code, which might be a loop. */
    long outside(Random random, boolean isNear) {
        long at;
        do {
            at = isNear ? near(random) : far(random);
        } while (at >= SiliconLayout.CODE && at < SiliconLayout.CODE + SiliconLayout.CODE_BYTES);
        return at;
    }

    private long target(Random random, long base) {
        long end = base + SiliconLayout.PAGE;
        switch (random.nextInt(48)) {
            case 0 -> {
                // The operand begins in a page that is there and ends in one that is not.
                return base + SiliconLayout.ALONE + SiliconLayout.PAGE - random.nextInt(Math.max(1, bytes));
            }
            case 1 -> {
                return base + 2 * SiliconLayout.ALONE - 1 - random.nextInt(Math.max(1, bytes));
            }
            case 2 -> {
                return aligned(random, NO_PAGE + random.nextInt(SiliconLayout.PAGE));
            }
            case 3 -> {
                return aligned(random, SiliconLayout.CONSTANT + random.nextInt(SiliconLayout.PAGE - 1024));
            }
            case 4 -> {
                return aligned(random, SiliconLayout.CODE + random.nextInt(SiliconLayout.PAGE));
            }
            case 5, 6 -> {
                if (!locked) {
                    return end - random.nextInt(Math.max(1, bytes));
                }
            }
            default -> {}
        }
        int room = SiliconLayout.WINDOW_BYTES / 2 - margin - bytes - 64;
        return aligned(random, end + (room <= 0 ? 0 : random.nextInt(-room, room)));
    }

    private long aligned(Random random, long address) {
        if (locked) {
            return address & -(alignment == 1 ? Integer.highestOneBit(Math.max(1, bytes)) : alignment);
        }
        if (alignment > 1) {
            return random.nextInt(16) == 0 ? address : address & -alignment;
        }
        return random.nextBoolean() ? address : address & -Integer.highestOneBit(Math.max(1, bytes));
    }
}
