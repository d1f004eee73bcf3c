package dev.backplane.testkit.guest;

import dev.backplane.api.cpu.CpuBackend;
import dev.backplane.api.cpu.CpuException;
import dev.backplane.api.cpu.ExitHandler;
import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.PartitionContext;
import dev.backplane.api.cpu.Stop;
import dev.backplane.api.cpu.Vcpu;
import dev.backplane.api.memory.MappedRam;
import dev.backplane.api.memory.RamRange;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.ResourceOpener;
import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;
import dev.backplane.testkit.VirtualClock;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs small guests on a CPU backend, each on a partition of its own. The clock stands still. A guest that neither ends nor
 * shuts down is stopped after some seconds.
 */
public class GuestBench implements PartitionContext {
    private static final int SECONDS = 20;

    private final MemorySegment ram;
    private final String model;
    private final VirtualClock clock = new VirtualClock();
    private final List<String> ports = new ArrayList<>();
    private volatile boolean ended;

    /**
     * The world of one guest.
     *
     * @param guest what will run
     * @param ram at least {@link SmallGuest#MEMORY_BYTES}, zero, aligned to pages
     */
    protected GuestBench(SmallGuest guest, MemorySegment ram) {
        this.ram = ram;
        model = guest.model();
        guest.place(ram);
    }

    /**
     * Runs a guest and checks its end.
     *
     * @param backend the backend
     * @param options its options
     * @param guest the guest
     * @throws ConfigurationException when the backend refuses, for instance the guest's model
     */
    public static <O extends Record> void check(CpuBackend<O> backend, O options, SmallGuest guest)
            throws ConfigurationException {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment ram = arena.allocate(SmallGuest.MEMORY_BYTES, 4096);
            guest.check(new GuestBench(guest, ram).run(backend, options, guest));
        }
    }

    /** Runs the guest to its end. */
    protected final <O extends Record> GuestEnd run(CpuBackend<O> backend, O options, SmallGuest guest)
            throws ConfigurationException {
        Partition partition = backend.create(options, this);
        ScheduledExecutorService alarm = new ScheduledThreadPoolExecutor(1);
        try {
            partition.load(0, guest.start());
            Vcpu vcpu = partition.vcpu(0);
            var late = alarm.schedule(vcpu::kick, SECONDS, TimeUnit.SECONDS);
            Stop stop = vcpu.run();
            late.cancel(false);
            GuestEnd.Kind kind = switch (stop) {
                case MACHINE -> GuestEnd.Kind.PORT;
                case SHUTDOWN -> GuestEnd.Kind.SHUTDOWN;
                default -> GuestEnd.Kind.ENDLESS;
            };
            return new GuestEnd(kind, partition.state(0), ram, List.copyOf(ports));
        } catch (CpuException e) {
            throw new AssertionError(guest + ": " + e.getMessage(), e);
        } finally {
            alarm.shutdownNow();
            partition.close();
        }
    }

    @Override
    public int vcpus() {
        return 1;
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
                return List.of(new RamRange(0, SmallGuest.MEMORY_BYTES));
            }

            @Override
            public MemorySegment segment() {
                return ram;
            }

            @Override
            public int fileDescriptor() {
                return -1;
            }

            @Override
            public void markDirty(long offset) {}
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
        return new Exits();
    }

    @Override
    public void wake(int index) {}

    @Override
    public String id() {
        return "cpu";
    }

    @Override
    public String vm() {
        return "small";
    }

    @Override
    public System.Logger logger() {
        return System.getLogger("guest");
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
        throw new UnsupportedOperationException("small guests have no host resources");
    }

    @Override
    public void release(String key) {}

    private final class Exits implements ExitHandler {
        @Override
        public int readPort(int port, int size) {
            ports.add("in %x/%d".formatted(port, size));
            return -1 >>> 32 - 8 * size;
        }

        @Override
        public void writePort(int port, int size, int value) {
            if (port == SmallGuest.END_PORT) {
                ended = true;
            } else {
                ports.add("out %x/%d %x".formatted(port, size, value));
            }
        }

        @Override
        public long readMemory(long gpa, int size) {
            return -1L >>> 64 - 8 * size;
        }

        @Override
        public void writeMemory(long gpa, int size, long value) {}

        @Override
        public int acknowledge() {
            return 0xff;
        }

        @Override
        public void endOfInterrupt(int vector) {}

        @Override
        public boolean stopping() {
            return ended;
        }

        @Override
        public long stolenNanos() {
            return 0;
        }
    }
}
