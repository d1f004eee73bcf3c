package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.cpu.CpuBackend;
import dev.backplane.api.cpu.CpuException;
import dev.backplane.api.cpu.ExitHandler;
import dev.backplane.api.cpu.ParkedAccess;
import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.PartitionContext;
import dev.backplane.api.cpu.PartitionState;
import dev.backplane.api.cpu.Stop;
import dev.backplane.api.cpu.Vcpu;
import dev.backplane.api.memory.MappedRam;
import dev.backplane.api.memory.RamRange;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.ResourceOpener;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A machine as the kernel drives it, on any backend: RAM with the hole of a PC, threads, a clock, a board that records. */
final class TestMachine implements PartitionContext, AutoCloseable {
    /** A write here stops the machine. */
    static final int STOP_PORT = 0xf4;
    /** Writes go to a bay that can be away; reads too. */
    static final int BAY_PORT = 0x300;
    /** The same, in memory. */
    static final long BAY_MEMORY = 0xfec0_1000L;

    private static final long SIZE = 4 << 20;
    private static final long HOLE = 0xa_0000;
    private static final long HOLE_END = 0xc_0000;
    private static final long PATIENCE_SECONDS = 30;

    private final Arena arena = Arena.ofShared();
    final MemorySegment memory = arena.allocate(SIZE - HOLE_END + HOLE, 4096);
    final Set<Long> dirtyPages = new ConcurrentSkipListSet<>();
    final TestClock clock = new TestClock();
    private final List<String> exits = new ArrayList<>();
    private final List<Runner> runners = new ArrayList<>();
    private final int vcpus;
    private Partition partition;
    volatile boolean away;
    /** Whether ports and memory are not recorded, for guests that are measured. */
    volatile boolean silent;

    volatile boolean stopping;
    volatile int nextVector = -1;
    volatile @Nullable String failure;
    private boolean first = true;

    <O extends Record> TestMachine(CpuBackend<O> backend, O options, int vcpus) throws Exception {
        this.vcpus = vcpus;
        partition = backend.create(options, this);
    }

    Partition partition() {
        return partition;
    }

    // Driving

    void go() {
        partition.resume(first ? Resumption.STARTED : new Resumption(Resumption.Cause.PAUSE, Duration.ofMillis(1)));
        first = false;
        clock.start();
        runners.clear();
        for (int i = 0; i < vcpus; i++) {
            runners.add(new Runner(partition.vcpu(i)));
        }
        runners.forEach(Runner::start);
    }

    /** Runs the only vCPU on this thread until it stops. */
    Stop runHere() throws CpuException {
        partition.resume(Resumption.STARTED);
        clock.start();
        return partition.vcpu(0).run();
    }

    /** All vCPUs out, time stands. */
    void pause() throws InterruptedException {
        for (Runner runner : runners) {
            runner.leave();
        }
        clock.stop();
        partition.quiesce(Deadline.in(Duration.ofSeconds(5)));
    }

    /** Runs to the write to {@link #STOP_PORT}, a triple fault or a failure of any vCPU, and pauses. */
    void runToEnd() throws InterruptedException {
        go();
        awaitEnd();
    }

    void awaitEnd() throws InterruptedException {
        // Not when the port is written: its vCPU is still on the way out then, and a kick would be what it reports.
        await("the guest ends", () -> runners.stream().anyMatch(Runner::over));
        pause();
    }

    /** Puts the state into a partition of another backend. */
    <O extends Record> void move(CpuBackend<O> backend, O options) throws Exception {
        PartitionState state = partition.save();
        partition.close();
        partition = backend.restore(options, this, state);
    }

    void openBay() {
        away = false;
        runners.forEach(Runner::wake);
    }

    static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain: " + what);
            }
            Thread.sleep(1);
        }
    }

    synchronized List<String> exits() {
        return List.copyOf(exits);
    }

    private synchronized void record(String exit) {
        exits.add(exit);
    }

    @Nullable
    Stop stop(int vcpu) {
        return runners.get(vcpu).stop;
    }

    // Memory

    TestMachine put(long gpa, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, offset(gpa), bytes.length);
        return this;
    }

    TestMachine put64(long gpa, long value) {
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, offset(gpa), value);
        return this;
    }

    int get32(long gpa) {
        return (int) ValueLayout.JAVA_INT.varHandle().getVolatile(memory, offset(gpa));
    }

    static long offset(long gpa) {
        return gpa < HOLE ? gpa : gpa - HOLE_END + HOLE;
    }

    @Override
    public void close() {
        try {
            for (Runner runner : runners) {
                runner.leave();
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        partition.close();
        clock.close();
        arena.close();
    }

    /** The thread of one vCPU. */
    private final class Runner {
        private final Vcpu vcpu;
        private final Thread thread = Thread.ofPlatform().daemon().unstarted(this::run);
        private volatile boolean leaving;
        private volatile @Nullable Stop stop;
        private boolean woken;

        Runner(Vcpu vcpu) {
            this.vcpu = vcpu;
        }

        void start() {
            thread.start();
        }

        boolean over() {
            return !thread.isAlive();
        }

        private void run() {
            try {
                while (!leaving) {
                    Stop now = vcpu.run();
                    stop = now;
                    switch (now) {
                        case HALTED -> {
                            if (!vcpu.runnable()) {
                                sleep();
                            }
                        }
                        case PARKED -> sleep();
                        case KICKED -> {}
                        default -> {
                            return;
                        }
                    }
                }
            } catch (CpuException e) {
                failure = e.getMessage();
            } catch (InterruptedException | RuntimeException e) {
                failure = e.toString();
            }
        }

        private synchronized void sleep() throws InterruptedException {
            while (!woken && !leaving) {
                wait();
            }
            woken = false;
        }

        synchronized void wake() {
            woken = true;
            notifyAll();
        }

        void leave() throws InterruptedException {
            leaving = true;
            vcpu.kick();
            wake();
            thread.join(TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
            if (thread.isAlive()) {
                throw new AssertionError("a vCPU does not come back");
            }
        }
    }

    // What the backend sees

    @Override
    public int vcpus() {
        return vcpus;
    }

    @Override
    public String cpuModel() {
        return "x86-64-v2";
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
            public void markDirty(long offset) {
                dirtyPages.add(offset >>> 12);
            }
        };
    }

    @Override
    public GuestClock clock() {
        return clock;
    }

    @Override
    public GuestTimer timer(Runnable handler) {
        return clock.timer(handler);
    }

    @Override
    public ExitHandler exits(int index) {
        return new Board();
    }

    @Override
    public void wake(int index) {
        if (index < runners.size()) {
            runners.get(index).wake();
        }
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
        failure = reason + ": " + cause;
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

    private final class Board implements ExitHandler {
        private int reads;

        @Override
        public int readPort(int port, int size) {
            park(port == BAY_PORT);
            if (!silent) {
                record("in %x/%d".formatted(port, size));
            }
            return 0x41 + reads++;
        }

        @Override
        public void writePort(int port, int size, int value) {
            park(port == BAY_PORT);
            if (!silent) {
                record("out %x/%d %x".formatted(port, size, value));
            }
            stopping |= port == STOP_PORT;
        }

        @Override
        public long readMemory(long gpa, int size) {
            park((gpa & -4096) == BAY_MEMORY);
            if (silent) {
                return 0;
            }
            record("read %x/%d".formatted(gpa, size));
            return 0x77;
        }

        @Override
        public void writeMemory(long gpa, int size, long value) {
            park((gpa & -4096) == BAY_MEMORY);
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
            partition.external(false);
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
