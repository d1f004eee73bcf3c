package dev.backplane.testkit.cpu;

import dev.backplane.api.cpu.CountedVcpu;
import dev.backplane.api.cpu.CpuBackend;
import dev.backplane.api.cpu.CpuException;
import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.PartitionState;
import dev.backplane.api.cpu.Stop;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A machine as the kernel drives it, on any backend: 4 MiB of RAM with the hole of a PC, a thread for each vCPU, a clock that goes
 * while the machine does, a board that records. For one thread.
 *
 * <pre>{@code
 * try (CpuBench machine = new CpuBench(new SoftBackend(), new SoftOptions(), 1)) {
 *     machine.put(StartStates.CODE, "b000 e6f4");  // mov al, 0; out 0xf4, al
 *     machine.partition().load(0, StartStates.protectedMode(0, StartStates.CODE));
 *     machine.runToEnd();
 *     assertEquals(List.of("out f4/1 0"), machine.exits());
 * }
 * }</pre>
 */
public final class CpuBench implements AutoCloseable {
    /** A write here stops the machine. */
    public static final int STOP_PORT = 0xf4;
    /** Accesses here go to a bay that can be {@link #away}. */
    public static final int BAY_PORT = 0x300;
    /** The same, a page of memory. */
    public static final long BAY_MEMORY = 0xfec0_1000L;

    static final long PATIENCE_SECONDS = 30;

    private final BenchRam ram = new BenchRam();
    private final BenchClock clock = new BenchClock();
    private final BenchBoard board = new BenchBoard(() -> partition().external(false));
    private final List<BenchVcpu> running = new ArrayList<>();
    private final BenchContext context;
    private final Renewal renewal;
    private Partition partition;
    private volatile @Nullable String failure;
    private boolean first = true;

    /**
     * Makes a machine.
     *
     * @param <O> the backend's options
     * @param backend the backend
     * @param options its options
     * @param vcpus how many vCPUs
     * @throws ConfigurationException when the backend cannot make it
     */
    public <O extends Record> CpuBench(CpuBackend<O> backend, O options, int vcpus) throws ConfigurationException {
        context = new BenchContext(vcpus, ram, clock, board, this::wake, this::fail);
        partition = backend.create(options, context);
        renewal = () -> move(backend, options);
    }

    /** Puts the paused machine on a new engine of the same backend. */
    @FunctionalInterface
    private interface Renewal {
        void run() throws StateException, ConfigurationException;
    }

    private void wake(int index) {
        if (index < running.size()) {
            running.get(index).wake();
        }
    }

    private void fail(String reason) {
        failure = reason;
    }

    /**
     * The engine.
     *
     * @return the one of the backend that the machine is on
     */
    public Partition partition() {
        return partition;
    }

    // Driving

    /** Starts all vCPUs and the clock, or lets them go on. */
    public void go() {
        partition.resume(first ? Resumption.STARTED : new Resumption(Resumption.Cause.PAUSE, Duration.ofMillis(1)));
        first = false;
        clock.start();
        running.clear();
        for (int i = 0; i < context.vcpus(); i++) {
            running.add(new BenchVcpu(partition.vcpu(i), this::fail));
        }
        running.forEach(BenchVcpu::start);
    }

    /**
     * Runs the only vCPU on this thread until it stops. May be called again, also behind a write to {@link #STOP_PORT}.
     *
     * @return why it stopped
     * @throws CpuException when the guest cannot go on
     */
    public Stop runHere() throws CpuException {
        board.stopping = false;
        partition.resume(Resumption.STARTED);
        clock.start();
        return partition.vcpu(0).run();
    }

    /**
     * Runs the only vCPU on this thread until it stops, or has executed so many instructions. The backend counts them.
     *
     * @param instructions how many at most
     * @return why it stopped
     * @throws CpuException when the guest cannot go on
     */
    public Stop runHere(long instructions) throws CpuException {
        board.stopping = false;
        partition.resume(Resumption.STARTED);
        clock.start();
        CountedVcpu vcpu = (CountedVcpu) partition.vcpu(0);
        return vcpu.run(vcpu.instructions() + instructions);
    }

    /**
     * All vCPUs come out, time stands.
     *
     * @throws InterruptedException when the wait is interrupted
     */
    public void pause() throws InterruptedException {
        for (BenchVcpu vcpu : running) {
            vcpu.leave();
        }
        clock.stop();
        partition.quiesce(Deadline.in(Duration.ofSeconds(5)));
    }

    /**
     * Runs to the write to {@link #STOP_PORT}, a triple fault or a failure of any vCPU, and pauses.
     *
     * @throws InterruptedException when the wait is interrupted
     */
    public void runToEnd() throws InterruptedException {
        go();
        awaitEnd();
    }

    /**
     * Waits for the end, and pauses.
     *
     * @throws InterruptedException when the wait is interrupted
     */
    public void awaitEnd() throws InterruptedException {
        // Not when the port is written: its vCPU is still on the way out then, and a kick would be what it reports.
        await("the guest ends", () -> running.stream().anyMatch(BenchVcpu::over));
        pause();
    }

    /**
     * Puts the paused machine on another backend.
     *
     * @param <O> the backend's options
     * @param backend the backend
     * @param options its options
     * @throws StateException when it cannot go on from the state
     * @throws ConfigurationException when it cannot make it
     */
    public <O extends Record> void move(CpuBackend<O> backend, O options)
            throws StateException, ConfigurationException {
        PartitionState state = partition.save();
        partition.close();
        partition = backend.restore(options, context, state);
    }

    /**
     * Puts the paused machine on a new engine of the backend that it was made with, which goes on from what the old one saves.
     *
     * @throws StateException when it cannot go on from the state
     * @throws ConfigurationException when it cannot make it
     */
    public void renew() throws StateException, ConfigurationException {
        renewal.run();
    }

    /**
     * Waits for something.
     *
     * @param what for the message when it does not come within 30 s
     * @param condition what is waited for
     * @throws InterruptedException when the wait is interrupted
     */
    public static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("waited in vain: " + what);
            }
            Thread.sleep(1);
        }
    }

    // The world around it

    /**
     * Takes the bay at {@link #BAY_PORT} and {@link #BAY_MEMORY} away, or brings it back and tells the vCPUs.
     *
     * @param isAway whether accesses park
     */
    public void away(boolean isAway) {
        board.away = isAway;
        if (!isAway) {
            running.forEach(BenchVcpu::wake);
        }
    }

    /**
     * Has the board tell of writes to an address that leave the guest, as a device there would hear of them.
     *
     * @param gpa the guest-physical address, not RAM
     * @param told called on the vCPU's thread
     */
    public void onWrite(long gpa, Runnable told) {
        board.tell(gpa, told);
    }

    /** From now on exits are answered but not recorded, for guests that are measured. */
    public void silence() {
        board.silent = true;
    }

    /**
     * What the next acknowledge cycle gives.
     *
     * @param vector the vector
     */
    public void nextVector(int vector) {
        board.nextVector = vector;
    }

    /**
     * What the board has seen.
     *
     * @return for instance {@code out 80/1 41}, {@code in 60/1}, {@code read fec00000/4}, {@code acknowledge}, {@code eoi 41}
     */
    public List<String> exits() {
        return board.exits();
    }

    /**
     * Why a vCPU stopped last.
     *
     * @param vcpu its number
     * @return null before its first stop
     */
    public @Nullable Stop stop(int vcpu) {
        return running.get(vcpu).stop();
    }

    /**
     * The report of a vCPU that could not go on.
     *
     * @return null while all is well
     */
    public @Nullable String failure() {
        return failure;
    }

    /**
     * The guest's clock.
     *
     * @return nanoseconds; it begins at a millisecond and stands while the machine does
     */
    public long nanos() {
        return clock.nanos();
    }

    // Memory

    /**
     * Writes bytes.
     *
     * @param gpa where: a guest-physical address of RAM
     * @param hex the bytes, with or without spaces
     * @return this
     */
    public CpuBench put(long gpa, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
        MemorySegment.copy(bytes, 0, ram.segment(), ValueLayout.JAVA_BYTE, BenchRam.offset(gpa), bytes.length);
        return this;
    }

    /**
     * Writes eight bytes.
     *
     * @param gpa where
     * @param value what
     * @return this
     */
    public CpuBench put64(long gpa, long value) {
        ram.segment().set(ValueLayout.JAVA_LONG_UNALIGNED, BenchRam.offset(gpa), value);
        return this;
    }

    /**
     * Reads four aligned bytes, as another vCPU would.
     *
     * @param gpa where
     * @return the value
     */
    public int get32(long gpa) {
        return (int) ValueLayout.JAVA_INT.varHandle().getVolatile(ram.segment(), BenchRam.offset(gpa));
    }

    /**
     * Whether the backend has marked a page dirty.
     *
     * @param gpa an address in it
     * @return false again after {@link #forgetDirty}
     */
    public boolean isDirty(long gpa) {
        return ram.isDirty(gpa);
    }

    /** All pages count as clean. */
    public void forgetDirty() {
        ram.forgetDirty();
    }

    @Override
    public void close() {
        try {
            for (BenchVcpu vcpu : running) {
                vcpu.leave();
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        partition.close();
        clock.close();
        ram.close();
    }
}
