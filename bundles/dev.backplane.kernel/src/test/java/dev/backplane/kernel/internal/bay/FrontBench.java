package dev.backplane.kernel.internal.bay;

import dev.backplane.api.memory.RamRange;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.kernel.internal.fake.TestHost;
import dev.backplane.kernel.internal.file.Mark;
import dev.backplane.kernel.internal.file.Node;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.memory.GuestRam;
import dev.backplane.kernel.internal.memory.PlainBacking;
import dev.backplane.kernel.internal.time.HostClock;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.text.MessageFormat;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ResourceBundle;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The front of a layer of a disk, with the context of one part and one user. */
final class FrontBench implements AutoCloseable {
    /** How long something is waited for that comes soon. */
    static final Duration SOON = Duration.ofSeconds(50);

    static final Duration NEVER = Duration.ofDays(1);
    private static final int THREADS = 16;

    final List<String> logged = new CopyOnWriteArrayList<>();
    final StorageFront front;
    final StoragePartContext context;
    final Lifeline user = new Lifeline("user");

    private final HostClock clock = new HostClock("web", 1_000_000_000);
    private final Signals signals = new Signals("web");
    private final CountDownLatch busy = new CountDownLatch(1);

    FrontBench(StorageFront.Patience patience) {
        front = new StorageFront("disk", new Log(), patience);
        GuestRam ram = new GuestRam(List.of(new RamRange(0, 65536)), new PlainBacking(65536));
        Node.Mapping none = new Node.Mapping(Mark.NOWHERE, Map.of());
        PartSpec spec = new PartSpec("disk", "storage", "layer", Mark.NOWHERE, Optional.empty(), "disk", none);
        Surroundings surroundings = new Surroundings("web", ram, clock, signals, new Unmoved());
        Fronts below = new Fronts();
        StorageSocket socket = new StorageSocket(spec, Path.of("/vms"), surroundings, List.of(), below);
        context = new StoragePartContext(socket.bay(), 1, front, below);
    }

    void open(StorageLayer<?> layer) {
        context.gate.open();
        front.open(layer, context);
    }

    void closeGate() {
        front.close();
        context.gate.close();
    }

    /** All threads of the part are busy with something else, so that what it gets waits for one; until {@link #free}. */
    void occupy() {
        for (int i = 0; i < THREADS; i++) {
            context.execute(() -> await(busy));
        }
    }

    void free() {
        busy.countDown();
    }

    /** A write of the user's, which waits. Its kind of failure comes of it, or null. */
    FutureTask<StorageException.Kind> write() throws InterruptedException {
        return waiting(this::perform);
    }

    /** A write of the user's, which is answered at once or waits. */
    FutureTask<StorageException.Kind> start() {
        FutureTask<StorageException.Kind> task = new FutureTask<>(this::perform);
        Thread.ofPlatform().daemon().start(task);
        return task;
    }

    private StorageException.@Nullable Kind perform() {
        MemorySegment memory = MemorySegment.ofArray(new byte[8]);
        StorageRequest request = new StorageRequest(StorageRequest.Kind.WRITE, 512, memory.byteSize(), memory);
        try {
            front.perform(request, user);
            return null;
        } catch (StorageException e) {
            return e.kind();
        }
    }

    /** Runs something that waits, and returns when it does. */
    static <T> FutureTask<T> waiting(Callable<T> body) throws InterruptedException {
        FutureTask<T> task = new FutureTask<>(body);
        Thread thread = Thread.ofPlatform().daemon().start(task);
        TestHost.await("it waits", () -> thread.getState() == Thread.State.TIMED_WAITING);
        return task;
    }

    static <T> T come(FutureTask<T> task) throws Exception {
        return task.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    static void await(CountDownLatch latch) {
        try {
            if (!latch.await(SOON.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("waited in vain");
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        free();
        context.cut();
        signals.close();
        clock.close();
    }

    /** A layer that does nothing, but for what a test makes of its writes. */
    static final class Layer implements StorageLayer<Layer.State> {
        record State() {}

        /** A write. */
        @FunctionalInterface
        interface Write {
            void write() throws StorageException;
        }

        private final Write write;

        Layer(Write write) {
            this.write = write;
        }

        @Override
        public long capacityBytes() {
            return 65536;
        }

        @Override
        public boolean isWritable() {
            return true;
        }

        @Override
        public void read(long offset, MemorySegment target) {}

        @Override
        public void write(long offset, MemorySegment source) throws StorageException {
            write.write();
        }

        @Override
        public void flush() {}

        @Override
        public void discard(long offset, long bytes) {}

        @Override
        public void zero(long offset, long bytes, boolean mayDiscard) {}

        @Override
        public void quiesce(Deadline deadline) {}

        @Override
        public State save() {
            return new State();
        }

        @Override
        public void resume(Resumption why) {}

        @Override
        public void close() {}
    }

    private final class Log implements System.Logger {
        @Override
        public String getName() {
            return "log";
        }

        @Override
        public boolean isLoggable(Level level) {
            return true;
        }

        @Override
        public void log(Level level, ResourceBundle bundle, String message, Throwable thrown) {
            logged.add(message);
        }

        @Override
        public void log(Level level, ResourceBundle bundle, String format, Object... values) {
            logged.add(MessageFormat.format(format, values));
        }
    }

    /** A machine that does nothing of what it is asked. */
    private static final class Unmoved implements MachineRequests {
        @Override
        public void reset(String reason) {}

        @Override
        public void resetDevice(String device) {}

        @Override
        public void processorEjected(int vcpu) {}

        @Override
        public void end(int status, String reason) {}

        @Override
        public void failed(Bay bay, long occupant, String reason) {}

        @Override
        public void guestRenewed() {}

        @Override
        public void spoken() {}

        @Override
        public boolean ending() {
            return false;
        }
    }
}
