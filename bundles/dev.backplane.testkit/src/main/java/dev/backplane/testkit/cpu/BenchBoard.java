package dev.backplane.testkit.cpu;

import dev.backplane.api.cpu.ExitHandler;
import dev.backplane.api.cpu.ParkedAccess;
import java.util.ArrayList;
import java.util.List;

/** A board that records. Reads of ports count from 0x41, those of memory give 0x77. */
final class BenchBoard {
    private final Runnable acknowledged;
    private final List<String> exits = new ArrayList<>();
    volatile boolean away;
    volatile boolean silent;
    volatile boolean stopping;
    volatile int nextVector = -1;
    private volatile long bellAt = -1;
    private volatile Runnable bell = () -> {};

    /** {@code acknowledged}: called in each acknowledge cycle. */
    BenchBoard(Runnable acknowledged) {
        this.acknowledged = acknowledged;
    }

    synchronized List<String> exits() {
        return List.copyOf(exits);
    }

    private synchronized void record(String exit) {
        exits.add(exit);
    }

    /** Tells of writes to an address. */
    void tell(long gpa, Runnable told) {
        bell = told;
        bellAt = gpa;
    }

    /** For one vCPU. */
    ExitHandler handler() {
        return new Handler();
    }

    private final class Handler implements ExitHandler {
        private int reads;

        @Override
        public int readPort(int port, int size) {
            park(port == CpuBench.BAY_PORT);
            if (!silent) {
                record("in %x/%d".formatted(port, size));
            }
            return 0x41 + reads++;
        }

        @Override
        public void writePort(int port, int size, int value) {
            park(port == CpuBench.BAY_PORT);
            if (!silent) {
                record("out %x/%d %x".formatted(port, size, value));
            }
            stopping |= port == CpuBench.STOP_PORT;
        }

        @Override
        public long readMemory(long gpa, int size) {
            park((gpa & -4096) == CpuBench.BAY_MEMORY);
            if (silent) {
                return 0;
            }
            record("read %x/%d".formatted(gpa, size));
            return 0x77;
        }

        @Override
        public void writeMemory(long gpa, int size, long value) {
            park((gpa & -4096) == CpuBench.BAY_MEMORY);
            if (gpa == bellAt) {
                bell.run();
            }
            if (!silent) {
                record("write %x/%d %x".formatted(gpa, size, value));
            }
        }

        private void park(boolean bay) {
            if (bay && away) {
                throw ParkedAccess.INSTANCE;
            }
        }

        @Override
        public int acknowledge() {
            record("acknowledge");
            acknowledged.run();
            return nextVector;
        }

        @Override
        public void endOfInterrupt(int vector) {
            record("eoi %x".formatted(vector));
        }

        @Override
        public boolean stopping() {
            return stopping;
        }

        @Override
        public long stolenNanos() {
            return 0;
        }
    }
}
