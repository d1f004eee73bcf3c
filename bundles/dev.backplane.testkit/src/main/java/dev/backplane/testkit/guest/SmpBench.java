package dev.backplane.testkit.guest;

import dev.backplane.api.cpu.CpuBackend;
import dev.backplane.api.cpu.CpuException;
import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.Stop;
import dev.backplane.api.cpu.Vcpu;
import dev.backplane.api.part.ConfigurationException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Runs guests of several vCPUs on a CPU backend, each vCPU on a platform thread. A guest that does not end is stopped after a minute. */
public final class SmpBench extends GuestBench {
    private static final int SECONDS = 60;

    private final SmpGuest guest;
    private final MemorySegment memory;
    private final List<Semaphore> woken = new ArrayList<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private volatile boolean over;

    /** What a device sees of the machine. */
    public final class Bus {
        private final Partition partition;

        Bus(Partition partition) {
            this.partition = partition;
        }

        /** The guest's RAM, from address 0 on. */
        public MemorySegment ram() {
            return memory;
        }

        /** To be told behind what the device has written, and before it tells the guest. */
        public void written(long address, long length) {
            partition.written(address, length);
        }

        /** Whether the guest has ended. */
        public boolean over() {
            return over;
        }
    }

    private SmpBench(SmpGuest guest, MemorySegment memory) {
        super(guest.guest(), memory);
        this.guest = guest;
        this.memory = memory;
        for (int n = 0; n < guest.vcpus(); n++) {
            woken.add(new Semaphore(0));
        }
    }

    /**
     * Runs a guest and checks its end.
     *
     * @param backend the backend
     * @param options its options
     * @param guest the guest
     * @throws ConfigurationException when the backend refuses, for instance so many vCPUs
     * @throws InterruptedException when the thread was interrupted
     */
    public static <O extends Record> void check(CpuBackend<O> backend, O options, SmpGuest guest)
            throws ConfigurationException, InterruptedException {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment ram = arena.allocate(SmallGuest.MEMORY_BYTES, 4096);
            guest.guest().check(new SmpBench(guest, ram).runAll(backend, options));
        }
    }

    private <O extends Record> GuestEnd runAll(CpuBackend<O> backend, O options)
            throws ConfigurationException, InterruptedException {
        Partition partition = backend.create(options, this);
        try {
            var threads = new ArrayList<Thread>();
            for (int n = 0; n < guest.vcpus(); n++) {
                int index = n;
                partition.load(index, guest.state(index));
                threads.add(thread("vcpu" + index, () -> loop(index, partition.vcpu(index))));
            }
            var bus = new Bus(partition);
            threads.add(thread("device", () -> guest.device().run(bus)));
            threads.forEach(Thread::start);
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
            while (!over && System.nanoTime() < end) {
                TimeUnit.MILLISECONDS.sleep(2);
            }
            boolean late = !over;
            over = true;
            while (threads.stream().anyMatch(Thread::isAlive)) {
                for (int n = 0; n < guest.vcpus(); n++) {
                    partition.vcpu(n).kick();
                    wake(n);
                }
                TimeUnit.MILLISECONDS.sleep(2);
            }
            Throwable failed = failure.get();
            if (failed != null) {
                throw new AssertionError(guest + ": " + failed.getMessage(), failed);
            }
            GuestEnd.Kind kind = late ? GuestEnd.Kind.ENDLESS : GuestEnd.Kind.PORT;
            return new GuestEnd(kind, partition.state(0), memory, List.of());
        } finally {
            partition.close();
        }
    }

    private interface Work {
        void run() throws CpuException, InterruptedException;
    }

    private Thread thread(String name, Work work) {
        return Thread.ofPlatform().name(name).unstarted(() -> {
            try {
                work.run();
            } catch (CpuException | InterruptedException | RuntimeException | Error e) {
                failure.compareAndSet(null, e);
                over = true;
            }
        });
    }

    private void loop(int index, Vcpu vcpu) throws CpuException, InterruptedException {
        while (!over) {
            Stop stop = vcpu.run();
            switch (stop) {
                case MACHINE -> over = true;
                case HALTED -> {
                    while (!over && !vcpu.runnable()) {
                        woken.get(index).tryAcquire(1, TimeUnit.SECONDS);
                    }
                }
                case KICKED -> {}
                default -> throw new IllegalStateException("vCPU %d: %s".formatted(index, stop));
            }
        }
    }

    @Override
    public int vcpus() {
        return guest.vcpus();
    }

    @Override
    public void wake(int index) {
        woken.get(index).release();
    }
}
