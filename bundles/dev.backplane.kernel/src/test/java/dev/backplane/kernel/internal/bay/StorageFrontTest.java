package dev.backplane.kernel.internal.bay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who waits at a layer of a disk is woken by what he waits for: here nobody looks by himself. */
@Timeout(60)
class StorageFrontTest {
    private static final Duration PATIENCE = Duration.ofSeconds(50);
    private static final int THREADS = 16;

    private final StorageFront front =
            new StorageFront("disk", Duration.ofHours(1).toMillis());
    private final HostClock clock = new HostClock("web", 1_000_000_000);
    private final Signals signals = new Signals("web");
    private final StoragePartContext context = context();
    private final Lifeline user = new Lifeline("user");
    private final CountDownLatch busy = new CountDownLatch(1);
    private final AtomicInteger writes = new AtomicInteger();

    private StoragePartContext context() {
        GuestRam ram = new GuestRam(List.of(new RamRange(0, 65536)), new PlainBacking(65536));
        PartSpec spec = new PartSpec(
                "disk",
                "storage",
                "layer",
                Mark.NOWHERE,
                Optional.empty(),
                "disk",
                new Node.Mapping(Mark.NOWHERE, Map.of()));
        Fronts below = new Fronts();
        var socket = new StorageSocket(
                spec, Path.of("/vms"), new Surroundings("web", ram, clock, signals, new Unmoved()), List.of(), below);
        return new StoragePartContext(socket.bay(), 1, front, below);
    }

    @AfterEach
    void close() {
        busy.countDown();
        context.cut();
        signals.close();
        clock.close();
    }

    /** Runs something that waits, and returns when it does. */
    private static <T> FutureTask<T> waiting(Callable<T> body) throws InterruptedException {
        FutureTask<T> task = new FutureTask<>(body);
        Thread thread = Thread.ofPlatform().daemon().start(task);
        TestHost.await("it waits", () -> thread.getState() == Thread.State.TIMED_WAITING);
        return task;
    }

    private static <T> T come(FutureTask<T> task) throws Exception {
        return task.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    private FutureTask<StorageException.Kind> write() throws InterruptedException {
        StorageRequest request =
                new StorageRequest(StorageRequest.Kind.WRITE, 0, 8, MemorySegment.ofArray(new byte[8]));
        return waiting(() -> {
            try {
                front.perform(request, user);
                return null;
            } catch (StorageException e) {
                return e.kind();
            }
        });
    }

    private void open(StorageLayer<?> layer) {
        context.gate.open();
        front.open(layer, context);
    }

    private void closeGate() {
        front.close();
        context.gate.close();
    }

    /** All threads of the part are busy with something else, so that what it gets waits for one. */
    private void occupy() {
        for (int i = 0; i < THREADS; i++) {
            context.execute(() -> awaitLatch(busy));
        }
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            assertTrue(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whoPutsAPartOutOfItsPlaceIsWokenWhenItsLastRequestWasNotBegun() throws Exception {
        open(new Layer());
        occupy();
        FutureTask<StorageException.Kind> write = write();
        closeGate();
        FutureTask<Boolean> retired = waiting(() -> {
            front.retire(context, Deadline.in(PATIENCE.multipliedBy(100)));
            return true;
        });
        busy.countDown();
        assertTrue(come(retired));
        open(new Layer());
        assertEquals(null, come(write));
        assertEquals(1, writes.get());
    }

    @Test
    void aUserAtRestIsWokenWhenItsRequestWasNotBegun() throws Exception {
        open(new Layer());
        occupy();
        FutureTask<StorageException.Kind> write = write();
        closeGate();
        user.rest(true);
        front.usersRest();
        busy.countDown();
        assertEquals(StorageException.Kind.AWAY, come(write));
        assertEquals(0, writes.get());
    }

    @Test
    void aUserAtRestIsWokenWhenThePartIsCutOffThatHasItsRequest() throws Exception {
        open(new Layer());
        occupy();
        FutureTask<StorageException.Kind> write = write();
        user.rest(true);
        front.usersRest();
        context.cut();
        assertEquals(StorageException.Kind.AWAY, come(write));
        assertEquals(0, writes.get());
    }

    @Test
    void whatIsHandedBackWhenTheRestIsOverIsMadeAgain() throws Exception {
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        context.lifeline.rest(true);
        open(new Layer() {
            @Override
            public void write(long offset, MemorySegment source) throws StorageException {
                if (writes.getAndIncrement() == 0) {
                    reached.countDown();
                    awaitLatch(go);
                    throw new StorageException(StorageException.Kind.AWAY, "what it stands on was away");
                }
            }
        });
        FutureTask<StorageException.Kind> write = write();
        awaitLatch(reached);
        context.lifeline.rest(false);
        front.again();
        go.countDown();
        assertEquals(null, come(write));
        assertEquals(2, writes.get());
    }

    @Test
    void whatIsHandedBackAtRestWaitsUntilTheRestIsOver() throws Exception {
        CountDownLatch reached = new CountDownLatch(1);
        context.lifeline.rest(true);
        open(new Layer() {
            @Override
            public void write(long offset, MemorySegment source) throws StorageException {
                if (writes.getAndIncrement() == 0) {
                    reached.countDown();
                    throw new StorageException(StorageException.Kind.AWAY, "what it stands on is away");
                }
            }
        });
        FutureTask<StorageException.Kind> write = write();
        awaitLatch(reached);
        TestHost.await("it is handed back", () -> front.awaitAnswers(Deadline.in(Duration.ZERO)));
        assertEquals(1, writes.get());
        context.lifeline.rest(false);
        front.again();
        assertEquals(null, come(write));
        assertEquals(2, writes.get());
    }

    private class Layer implements StorageLayer<Layer.State> {
        record State() {}

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
            writes.incrementAndGet();
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

    /** A machine that is not asked for anything. */
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
        public void spoken() {}

        @Override
        public void guestRenewed() {}

        @Override
        public boolean ending() {
            return false;
        }
    }
}
