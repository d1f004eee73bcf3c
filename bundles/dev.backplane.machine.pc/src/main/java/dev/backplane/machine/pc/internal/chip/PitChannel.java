package dev.backplane.machine.pc.internal.chip;

/**
 * One counter of an 8254 (Intel 231164), as a function of time: nothing runs between two looks at it. Times are in its clock
 * ticks. A count that is written is loaded with the next tick; in modes 2 and 3 a new one at the end of the (half) period.
 */
final class PitChannel {
    /** It does not count. */
    private static final long STOPPED = Long.MIN_VALUE;

    private static final int LOW = 1;
    private static final int HIGH = 2;
    private static final int BOTH = 3;

    private int mode;
    private boolean bcd;
    private int access = BOTH;
    private boolean gate;
    /** The count register and whether the counter has taken it over ("null count" while it has not). */
    private int register;

    private boolean nullCount;
    /** What the counter began with, when, and when it will take over the register. */
    private int count;

    private long start;
    private long reloadAt;
    /** How far it had come when the gate stopped it, in modes 0 and 4. */
    private long heldAt;

    private int lowByte;
    private boolean writeHighNext;
    private boolean readHighNext;
    private int latchedCount;
    private boolean countLatched;
    private int latchedStatus;
    private boolean statusLatched;

    PitChannel(boolean gate) {
        reset(gate);
    }

    void reset(boolean gateAfterReset) {
        gate = gateAfterReset;
        bcd = false;
        writeControl(0x30);
        register = 0;
        count = 0x10000;
        latchedStatus = 0;
        latchedCount = 0;
    }

    /** A control word for this channel, other than a latch command. */
    void writeControl(int value) {
        access = value >>> 4 & 3;
        int written = value >>> 1 & 7;
        mode = written > 5 ? written - 4 : written;
        bcd = (value & 1) != 0;
        writeHighNext = false;
        readHighNext = false;
        countLatched = false;
        statusLatched = false;
        nullCount = true;
        start = STOPPED;
        reloadAt = STOPPED;
        heldAt = STOPPED;
    }

    void latchCount(long now) {
        if (!countLatched) {
            latchedCount = value(now);
            countLatched = true;
        }
    }

    void latchStatus(long now) {
        if (!statusLatched) {
            latchedStatus =
                    (output(now) ? 0x80 : 0) | (nullCount(now) ? 0x40 : 0) | access << 4 | mode << 1 | (bcd ? 1 : 0);
            statusLatched = true;
        }
    }

    int read(long now) {
        if (statusLatched) {
            statusLatched = false;
            return latchedStatus;
        }
        int value = countLatched ? latchedCount : value(now);
        boolean high = access == HIGH || access == BOTH && readHighNext;
        boolean last = access != BOTH || readHighNext;
        readHighNext = !last;
        countLatched &= !last;
        return high ? value >>> 8 : value & 0xff;
    }

    void write(int value, long now) {
        sync(now);
        switch (access) {
            case LOW -> writeCount(value, now);
            case HIGH -> writeCount(value << 8, now);
            default -> {
                if (writeHighNext) {
                    writeHighNext = false;
                    writeCount(value << 8 | lowByte, now);
                } else {
                    writeHighNext = true;
                    lowByte = value;
                    if (mode == 0) {
                        start = STOPPED;
                    }
                }
            }
        }
    }

    private void writeCount(int value, long now) {
        register = fromWritten(value);
        nullCount = true;
        switch (mode) {
            case 0, 4 -> {
                load(now + 1);
                heldAt = gate ? STOPPED : 0;
            }
            case 2, 3 -> {
                if (start == STOPPED) {
                    if (gate) {
                        load(now + 1);
                    }
                } else {
                    reloadAt = nextBoundary(now);
                }
            }
            default -> {}
        }
    }

    private void load(long when) {
        count = register;
        nullCount = false;
        start = when;
        reloadAt = STOPPED;
    }

    void gate(boolean up, long now) {
        sync(now);
        boolean rises = up && !gate;
        boolean falls = !up && gate;
        gate = up;
        switch (mode) {
            case 0, 4 -> {
                if (falls && start != STOPPED) {
                    heldAt = elapsed(now);
                } else if (rises && heldAt != STOPPED) {
                    start = now - heldAt;
                    heldAt = STOPPED;
                }
            }
            case 1, 5 -> {
                if (rises && register != 0) {
                    load(now + 1);
                }
            }
            default -> {
                if (falls) {
                    start = STOPPED;
                    reloadAt = STOPPED;
                } else if (rises && register != 0) {
                    load(now + 1);
                }
            }
        }
    }

    boolean gate() {
        return gate;
    }

    /** The OUT pin. */
    boolean output(long now) {
        sync(now);
        long passed = elapsed(now);
        return switch (mode) {
            case 0 -> start != STOPPED && passed >= count;
            case 1 -> start == STOPPED || now < start || passed >= count;
            case 2 -> start == STOPPED || passed % count != count - 1;
            case 3 -> start == STOPPED || passed % count < highHalf();
            default -> start == STOPPED || passed != count;
        };
    }

    /** The first tick after {@code now} at which OUT rises; {@link Long#MAX_VALUE}: never. */
    long nextRise(long now) {
        sync(now);
        if (start == STOPPED || heldAt != STOPPED) {
            return Long.MAX_VALUE;
        }
        return switch (mode) {
            case 0 -> later(start + count, now);
            case 2, 3 -> {
                long rise = start + (Math.max(0, now - start) / count + 1) * count;
                boolean otherLowHalf = reloadAt != STOPPED && reloadAt < rise;
                yield otherLowHalf ? reloadAt + register / 2 : rise;
            }
            case 4 -> later(start + count + 1, now);
            default -> Long.MAX_VALUE;
        };
    }

    private static long later(long tick, long now) {
        return tick > now ? tick : Long.MAX_VALUE;
    }

    private boolean nullCount(long now) {
        sync(now);
        return nullCount;
    }

    /** Takes over a count that was waiting for the end of the period. */
    private void sync(long now) {
        if (reloadAt == STOPPED || now < reloadAt) {
            return;
        }
        boolean wasHigh = mode == 3 && (reloadAt - start) % count == highHalf();
        long when = reloadAt;
        load(when);
        if (wasHigh) {
            start = when - highHalf();
        }
    }

    private long nextBoundary(long now) {
        long passed = elapsed(now);
        long period = start + passed / count * count;
        if (mode == 3 && passed % count < highHalf()) {
            return period + highHalf();
        }
        return period + count;
    }

    private long elapsed(long now) {
        if (start == STOPPED) {
            return 0;
        }
        return heldAt != STOPPED ? heldAt : Math.max(0, now - start);
    }

    private long highHalf() {
        return (count + 1) / 2;
    }

    /** What the counting element shows. */
    private int value(long now) {
        sync(now);
        if (start == STOPPED) {
            return toRead(register);
        }
        long passed = elapsed(now);
        long value = switch (mode) {
            case 2 -> count - passed % count;
            case 3 -> squareWaveValue(passed % count);
            default -> Math.floorMod(count - passed, modulus());
        };
        return toRead((int) value);
    }

    /** Counts down by two in each half; an odd count is loaded less one (mode 3, "odd counts"). */
    private long squareWaveValue(long position) {
        long half = highHalf();
        long inHalf = position < half ? position : position - half;
        return (count & ~1) - 2 * inHalf;
    }

    private int modulus() {
        return bcd ? 10_000 : 0x1_0000;
    }

    private int fromWritten(int value) {
        int number = bcd ? fromBcd(value) : value;
        return number == 0 ? modulus() : number;
    }

    private int toRead(int value) {
        int number = value % modulus();
        return bcd ? toBcd(number) : number;
    }

    private static int fromBcd(int value) {
        return (value >>> 12) * 1000 + (value >>> 8 & 0xf) * 100 + (value >>> 4 & 0xf) * 10 + (value & 0xf);
    }

    private static int toBcd(int value) {
        return value / 1000 << 12 | value / 100 % 10 << 8 | value / 10 % 10 << 4 | value % 10;
    }

    State save() {
        return new State(
                mode,
                bcd,
                access,
                gate,
                register,
                nullCount,
                count,
                start,
                reloadAt,
                heldAt,
                lowByte,
                writeHighNext,
                readHighNext,
                latchedCount,
                countLatched,
                latchedStatus,
                statusLatched);
    }

    void restore(State state) {
        mode = Math.clamp(state.mode, 0, 5);
        bcd = state.bcd;
        access = state.access & 3;
        gate = state.gate;
        register = Math.clamp(state.register, 0, 0x1_0000);
        nullCount = state.nullCount;
        count = Math.clamp(state.count, 1, 0x1_0000);
        start = state.start;
        reloadAt = state.reloadAt;
        heldAt = state.heldAt;
        lowByte = state.lowByte & 0xff;
        writeHighNext = state.writeHighNext;
        readHighNext = state.readHighNext;
        latchedCount = state.latchedCount & 0xffff;
        countLatched = state.countLatched;
        latchedStatus = state.latchedStatus & 0xff;
        statusLatched = state.statusLatched;
    }

    /**
     * Its state; moments are in ticks of the guest's clock, {@link Long#MIN_VALUE} for none.
     *
     * @param mode 0 to 5
     * @param bcd whether it counts in BCD
     * @param access which bytes are read and written: 1 low, 2 high, 3 both
     * @param gate its GATE input
     * @param register the count register; 0: never written
     * @param nullCount whether the register has not been taken over
     * @param count what the counter began with
     * @param start when it began
     * @param reloadAt when it takes over the register
     * @param heldAt how far it had come when the gate stopped it
     * @param lowByte a low byte whose high byte has not come
     * @param writeHighNext whether that is so
     * @param readHighNext whether the high byte is read next
     * @param latchedCount the latched count
     * @param countLatched whether there is one
     * @param latchedStatus the latched status
     * @param statusLatched whether there is one
     */
    public record State(
            int mode,
            boolean bcd,
            int access,
            boolean gate,
            int register,
            boolean nullCount,
            int count,
            long start,
            long reloadAt,
            long heldAt,
            int lowByte,
            boolean writeHighNext,
            boolean readHighNext,
            int latchedCount,
            boolean countLatched,
            int latchedStatus,
            boolean statusLatched) {}
}
