package dev.backplane.x86.system;

import dev.backplane.x86.mmu.GuestRam;
import dev.backplane.x86.state.Cpu;
import java.time.Instant;

/**
 * The paravirtual clock and steal time of KVM's guest ABI, so that no guest calibrates its TSC. System time is a linear
 * function of the TSC with the same two constants on every vCPU and for ever, so that time never differs between vCPUs or
 * goes back; therefore the records are written only when the guest places them and when the machine goes on after a stop.
 */
public final class KvmClock {
    /** MSR_KVM_WALL_CLOCK_NEW. */
    static final int WALL_CLOCK = 0x4b56_4d00;
    /** MSR_KVM_SYSTEM_TIME_NEW. */
    static final int SYSTEM_TIME = 0x4b56_4d01;
    /** MSR_KVM_STEAL_TIME. */
    static final int STEAL_TIME = 0x4b56_4d03;
    /** The older numbers of the first two. */
    static final int OLD_WALL_CLOCK = 0x11;

    static final int OLD_SYSTEM_TIME = 0x12;

    private static final int ENABLE = 1;
    private static final int TIME_BYTES = 32;
    private static final int WALL_BYTES = 12;
    private static final int STEAL_BYTES = 64;
    private static final int FLAG_STABLE = 1;
    private static final int FLAG_GUEST_STOPPED = 1 << 1;

    private final VcpuClock clock;
    private final SharedRecord time;
    private final SharedRecord wall;
    private final SharedRecord steal;
    private final TscScale scale;
    private long wallMsr;
    private long timeMsr;
    private long stealMsr;
    private long stolenNanos;

    /**
     * The clock of one vCPU.
     *
     * @param cpu the vCPU
     * @param ram its memory
     * @param clock its time
     */
    public KvmClock(Cpu cpu, GuestRam ram, VcpuClock clock) {
        this.clock = clock;
        time = new SharedRecord(ram, 0);
        wall = new SharedRecord(ram, 0);
        steal = new SharedRecord(ram, 8);
        scale = TscScale.of(clock.tscHz());
    }

    static boolean contains(int msr) {
        return msr == WALL_CLOCK
                || msr == SYSTEM_TIME
                || msr == STEAL_TIME
                || msr == OLD_WALL_CLOCK
                || msr == OLD_SYSTEM_TIME;
    }

    long read(int msr) {
        return switch (msr) {
            case WALL_CLOCK, OLD_WALL_CLOCK -> wallMsr;
            case SYSTEM_TIME, OLD_SYSTEM_TIME -> timeMsr;
            default -> stealMsr;
        };
    }

    /** Returns false for #GP. */
    boolean write(int msr, long value) {
        switch (msr) {
            case WALL_CLOCK, OLD_WALL_CLOCK -> {
                wallMsr = value;
                if (wall.place(value, WALL_BYTES)) {
                    writeWall();
                }
            }
            case SYSTEM_TIME, OLD_SYSTEM_TIME -> {
                timeMsr = value;
                placeTime();
                writeTime(0);
            }
            default -> {
                if ((value & 0x3e) != 0) {
                    return false;
                }
                stealMsr = value;
                placeSteal();
                writeSteal();
            }
        }
        return true;
    }

    private void placeTime() {
        time.place((timeMsr & ENABLE) != 0 ? timeMsr & ~ENABLE : -1, TIME_BYTES);
    }

    private void placeSteal() {
        steal.place((stealMsr & ENABLE) != 0 ? stealMsr & ~ENABLE : -1, STEAL_BYTES);
    }

    /** Takes the MSRs of a saved state; the records are in the guest's memory already. */
    void load(int msr, long value) {
        switch (msr) {
            case WALL_CLOCK, OLD_WALL_CLOCK -> wallMsr = value;
            case SYSTEM_TIME, OLD_SYSTEM_TIME -> {
                timeMsr = value;
                placeTime();
            }
            default -> {
                stealMsr = value;
                placeSteal();
            }
        }
    }

    /** After a power-on reset nothing is placed. */
    void reset() {
        load(WALL_CLOCK, 0);
        load(SYSTEM_TIME, 0);
        load(STEAL_TIME, 0);
    }

    /** The machine goes on after a stop: tells the guest's watchdogs that they must not bark. While the vCPU does not run. */
    public void resumed() {
        writeTime(FLAG_GUEST_STOPPED);
    }

    /**
     * Brings the steal time up to date. On the vCPU's thread, before it runs; costs one comparison where nothing changed.
     *
     * @param nanos how long the vCPU was ready but did not run, since the machine was made
     */
    public void stolen(long nanos) {
        if (nanos != stolenNanos) {
            stolenNanos = nanos;
            writeSteal();
        }
    }

    /** The TSC or its adjustment was written. */
    void tscMoved() {
        writeTime(0);
    }

    private void writeTime(int flags) {
        if (!time.isPlaced()) {
            return;
        }
        time.begin();
        time.put64(8, clock.adjust());
        time.put64(16, 0);
        time.put32(24, scale.multiplier());
        time.put8(28, scale.shift());
        time.put8(29, FLAG_STABLE | flags);
        time.end();
    }

    /** The moment at which system time was zero. */
    private void writeWall() {
        Instant zero = clock.guestClock().wall().minusNanos(clock.nanos());
        wall.begin();
        wall.put32(4, (int) zero.getEpochSecond());
        wall.put32(8, zero.getNano());
        wall.end();
    }

    private void writeSteal() {
        if (steal.isPlaced()) {
            steal.begin();
            steal.put64(0, stolenNanos);
            steal.put32(12, 0);
            steal.put8(16, 0);
            steal.end();
        }
    }
}
