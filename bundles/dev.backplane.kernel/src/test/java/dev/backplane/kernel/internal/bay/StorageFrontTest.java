package dev.backplane.kernel.internal.bay;

import static dev.backplane.kernel.internal.bay.FrontBench.NEVER;
import static dev.backplane.kernel.internal.bay.FrontBench.SOON;
import static dev.backplane.kernel.internal.bay.FrontBench.await;
import static dev.backplane.kernel.internal.bay.FrontBench.come;
import static dev.backplane.kernel.internal.bay.FrontBench.waiting;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.storage.StorageException;
import dev.backplane.kernel.internal.bay.FrontBench.Layer;
import dev.backplane.kernel.internal.fake.TestHost;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who waits at a layer of a disk is woken by what he waits for: here nobody looks by himself. */
@Timeout(60)
class StorageFrontTest {
    private final FrontBench bench = new FrontBench(new StorageFront.Patience(NEVER, NEVER, NEVER));
    private final AtomicInteger writes = new AtomicInteger();

    @AfterEach
    void close() {
        bench.close();
    }

    private Layer counting() {
        return new Layer(writes::incrementAndGet);
    }

    @Test
    void whoPutsAPartOutOfItsPlaceIsWokenWhenItsLastRequestWasNotBegun() throws Exception {
        bench.open(counting());
        bench.occupy();
        FutureTask<StorageException.Kind> write = bench.write();
        bench.closeGate();
        FutureTask<Boolean> retired = waiting(() -> {
            bench.front.retire(bench.context, Deadline.in(SOON.multipliedBy(100)));
            return true;
        });
        bench.free();
        assertTrue(come(retired));
        bench.open(counting());
        assertNull(come(write));
        assertEquals(1, writes.get());
    }

    @Test
    void aUserAtRestIsWokenWhenItsRequestWasNotBegun() throws Exception {
        bench.open(counting());
        bench.occupy();
        FutureTask<StorageException.Kind> write = bench.write();
        bench.closeGate();
        bench.user.rest(true);
        bench.front.usersRest();
        bench.free();
        assertEquals(StorageException.Kind.AWAY, come(write));
        assertEquals(0, writes.get());
    }

    @Test
    void aUserAtRestIsWokenWhenThePartIsCutOffThatHasItsRequest() throws Exception {
        bench.open(counting());
        bench.occupy();
        FutureTask<StorageException.Kind> write = bench.write();
        bench.user.rest(true);
        bench.front.usersRest();
        bench.context.cut();
        assertEquals(StorageException.Kind.AWAY, come(write));
        assertEquals(0, writes.get());
    }

    @Test
    void whatIsHandedBackWhenTheRestIsOverIsMadeAgain() throws Exception {
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        bench.context.lifeline.rest(true);
        bench.open(new Layer(() -> {
            if (writes.getAndIncrement() == 0) {
                reached.countDown();
                await(go);
                throw new StorageException(StorageException.Kind.AWAY, "what it stands on was away");
            }
        }));
        FutureTask<StorageException.Kind> write = bench.write();
        await(reached);
        bench.context.lifeline.rest(false);
        bench.front.again();
        go.countDown();
        assertNull(come(write));
        assertEquals(2, writes.get());
    }

    @Test
    void whatIsHandedBackAtRestWaitsUntilTheRestIsOver() throws Exception {
        bench.context.lifeline.rest(true);
        bench.open(new Layer(() -> {
            if (writes.getAndIncrement() == 0) {
                throw new StorageException(StorageException.Kind.AWAY, "what it stands on is away");
            }
        }));
        FutureTask<StorageException.Kind> write = bench.write();
        TestHost.await(
                "it is handed back", () -> writes.get() == 1 && bench.front.awaitAnswers(Deadline.in(Duration.ZERO)));
        assertEquals(1, writes.get());
        bench.context.lifeline.rest(false);
        bench.front.again();
        assertNull(come(write));
        assertEquals(2, writes.get());
    }

    private Optional<StorageException.Kind> flush() {
        try {
            bench.front.perform(new StorageRequest(StorageRequest.Kind.FLUSH, 0, 0, null), bench.user);
            return Optional.empty();
        } catch (StorageException e) {
            return Optional.of(e.kind());
        }
    }

    private void openNew(boolean holdsBack) {
        bench.front.prepare(counting(), bench.context, holdsBack);
        bench.open(counting());
    }

    @Test
    void theFlushAfterAPartThatMayHaveTakenSomethingWithItFailsOnce() throws Exception {
        openNew(true);
        assertNull(come(bench.start()));
        bench.front.lost();
        openNew(true);
        assertEquals(Optional.of(StorageException.Kind.IO), flush());
        assertEquals(Optional.empty(), flush());
    }

    @Test
    void whatWasFlushedOrPassedOnOrNeverHeldBackIsNotLost() throws Exception {
        openNew(true);
        assertNull(come(bench.start()));
        assertEquals(Optional.empty(), flush());
        bench.front.lost();
        openNew(true);
        assertEquals(Optional.empty(), flush(), "it was flushed");
        assertNull(come(bench.start()));
        openNew(false);
        bench.front.lost();
        assertEquals(Optional.empty(), flush(), "its predecessor passed it on");
        assertNull(come(bench.start()));
        bench.front.lost();
        openNew(true);
        assertEquals(Optional.empty(), flush(), "it holds nothing back");
    }
}
