package dev.backplane.cpu.soft.internal;

import dev.backplane.api.cpu.ExitHandler;
import dev.backplane.api.cpu.ParkedAccess;
import dev.backplane.api.cpu.PartitionContext;
import dev.backplane.api.memory.MappedRam;
import dev.backplane.api.memory.RamRange;
import dev.backplane.api.part.ResourceOpener;
import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** What a partition sees of the world: 2 MiB of RAM with the hole of a PC, a clock that is moved by hand, recorded exits. */
final class TestKernel implements PartitionContext {
    /** A write here stops the machine. */
    static final int STOP_PORT = 0xf4;

    private static final long SIZE = 2 << 20;
    private static final long HOLE = 0xa_0000;
    private static final long HOLE_END = 0xc_0000;

    final MemorySegment memory = Arena.ofAuto().allocate(SIZE - HOLE_END + HOLE, 4096);
    final Set<Long> dirtyPages = new HashSet<>();
    final List<Integer> wakes = new ArrayList<>();
    final List<String> exits = new ArrayList<>();
    final List<Timer> timers = new ArrayList<>();
    final int vcpus;
    String model = "x86-64-v2";
    volatile long nanos = 1_000_000;
    volatile boolean away;
    volatile boolean stopping;
    int nextVector = 0x20;
    Runnable atPort20 = () -> {};
    Runnable atRead = () -> {};

    TestKernel(int vcpus) {
        this.vcpus = vcpus;
    }

    /** Moves the clock and lets due timers expire. */
    void advance(long byNanos) {
        nanos += byNanos;
        for (Timer timer : List.copyOf(timers)) {
            if (timer.at <= nanos) {
                timer.at = Long.MAX_VALUE;
                timer.handler.run();
            }
        }
    }

    TestKernel put(long gpa, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, offset(gpa), bytes.length);
        return this;
    }

    TestKernel put64(long gpa, long value) {
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, offset(gpa), value);
        return this;
    }

    int get32(long gpa) {
        return memory.get(ValueLayout.JAVA_INT_UNALIGNED, offset(gpa));
    }

    static long offset(long gpa) {
        return gpa < HOLE ? gpa : gpa - HOLE_END + HOLE;
    }

    @Override
    public int vcpus() {
        return vcpus;
    }

    @Override
    public String cpuModel() {
        return model;
    }

    @Override
    public MappedRam ram() {
        return new MappedRam() {
            @Override
            public List<RamRange> ranges() {
                return List.of(new RamRange(0, HOLE), new RamRange(HOLE_END, SIZE - HOLE_END));
            }

            @Override
            public MemorySegment segment() {
                return memory;
            }

            @Override
            public int fileDescriptor() {
                return -1;
            }

            @Override
            public synchronized void markDirty(long offset) {
                dirtyPages.add(offset >>> 12);
            }
        };
    }

    @Override
    public GuestClock clock() {
        return new GuestClock() {
            @Override
            public long nanos() {
                return nanos;
            }

            @Override
            public long tscHz() {
                return 1_000_000_000;
            }

            @Override
            public long tsc() {
                return nanos;
            }

            @Override
            public long nanosAtTsc(long tsc) {
                return tsc >= 0 ? tsc : Long.MAX_VALUE;
            }

            @Override
            public Instant wall() {
                return Instant.EPOCH;
            }

            @Override
            public GuestTimer timer(Runnable handler) {
                return TestKernel.this.timer(handler);
            }
        };
    }

    @Override
    public GuestTimer timer(Runnable handler) {
        var timer = new Timer(handler);
        timers.add(timer);
        return timer;
    }

    @Override
    public ExitHandler exits(int index) {
        return new Handler();
    }

    @Override
    public synchronized void wake(int index) {
        wakes.add(index);
    }

    @Override
    public String id() {
        return "cpu";
    }

    @Override
    public String vm() {
        return "test";
    }

    @Override
    public System.Logger logger() {
        return System.getLogger("test");
    }

    @Override
    public void fail(String reason, @Nullable Throwable cause) {
        throw new AssertionError(reason, cause);
    }

    @Override
    public Executor executor() {
        return Runnable::run;
    }

    @Override
    public <R extends AutoCloseable> R resource(String key, Class<R> type, ResourceOpener<R> opener) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void release(String key) {
        throw new UnsupportedOperationException();
    }

    /** One timer of the clock. */
    static final class Timer implements GuestTimer {
        private final Runnable handler;
        volatile long at = Long.MAX_VALUE;

        Timer(Runnable handler) {
            this.handler = handler;
        }

        @Override
        public void arm(long atNanos) {
            at = atNanos;
        }

        @Override
        public void cancel() {
            at = Long.MAX_VALUE;
        }

        @Override
        public void close() {
            cancel();
        }
    }

    private final class Handler implements ExitHandler {
        private void record(String exit) {
            if (away) {
                throw ParkedAccess.INSTANCE;
            }
            synchronized (TestKernel.this) {
                exits.add(exit);
            }
        }

        @Override
        public int readPort(int port, int size) {
            record("in %x/%d".formatted(port, size));
            return 0x5a;
        }

        @Override
        public void writePort(int port, int size, int value) {
            record("out %x/%d %x".formatted(port, size, value));
            stopping |= port == STOP_PORT;
            if (port == 0x20) {
                atPort20.run();
            }
        }

        @Override
        public long readMemory(long gpa, int size) {
            record("read %x/%d".formatted(gpa, size));
            atRead.run();
            return 0x77;
        }

        @Override
        public void writeMemory(long gpa, int size, long value) {
            record("write %x/%d %x".formatted(gpa, size, value));
        }

        @Override
        public int acknowledge() {
            exits.add("acknowledge");
            return nextVector;
        }

        @Override
        public void endOfInterrupt(int vector) {
            exits.add("eoi %x".formatted(vector));
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
