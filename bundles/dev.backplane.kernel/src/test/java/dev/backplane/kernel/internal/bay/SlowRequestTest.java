package dev.backplane.kernel.internal.bay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.storage.StorageException;
import dev.backplane.kernel.internal.bay.FrontBench.Layer;
import dev.backplane.kernel.internal.fake.TestHost;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A request to a layer of a disk takes long, which is from its first moment on here: people are told where it is. */
@Timeout(60)
class SlowRequestTest {
    private final FrontBench bench =
            new FrontBench(new StorageFront.Patience(Duration.ofMillis(1), Duration.ZERO, Duration.ZERO));
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);

    @AfterEach
    void close() {
        go.countDown();
        bench.close();
    }

    private Layer slow() {
        return new Layer(() -> {
            reached.countDown();
            FrontBench.await(go);
        });
    }

    private void awaitRemark(String ending) throws InterruptedException {
        TestHost.await(ending, () -> bench.front.remark().endsWith(ending));
    }

    @Test
    void onePartHasIt() throws Exception {
        bench.open(slow());
        FutureTask<StorageException.Kind> write = bench.write();
        FrontBench.await(reached);
        TestHost.await("it is told where", () -> bench.front.remark().contains("Unsafe.park"));
        assertTrue(
                bench.front.remark().matches("write of 8 bytes at 512 for \\d+ s: in Unsafe\\.park.*"),
                bench.front.remark());
        FutureTask<StorageException.Kind> other = bench.write();
        assertTrue(
                bench.front.remark().matches("write of 8 bytes at 512 for \\d+ s and 1 more: .*"),
                bench.front.remark());
        go.countDown();
        assertNull(FrontBench.come(write));
        assertNull(FrontBench.come(other));
        assertEquals("", bench.front.remark());
    }

    @Test
    void itIsLoggedOnceWhileItWaitsAndOnceWhenItIsOver() throws Exception {
        bench.open(slow());
        FutureTask<StorageException.Kind> write = bench.write();
        TestHost.await("it is logged", () -> !bench.logged.isEmpty());
        go.countDown();
        assertNull(FrontBench.come(write));
        assertEquals(2, bench.logged.size(), bench.logged.toString());
        assertTrue(
                bench.logged.get(0).matches("write of 8 bytes at 512 has not been answered for \\d+ s: .+"),
                bench.logged.toString());
        assertTrue(bench.logged.get(1).matches("write of 8 bytes at 512 took \\d+ s"), bench.logged.toString());
    }

    @Test
    void theGateIsClosedOrNobodyIsThere() throws Exception {
        FutureTask<StorageException.Kind> write = bench.write();
        awaitRemark("no part is there");
        bench.front.prepare(slow(), bench.context, true);
        awaitRemark("the gate is closed");
        go.countDown();
        bench.open(slow());
        assertNull(FrontBench.come(write));
    }

    @Test
    void itsPartHasNoThreadForIt() throws Exception {
        go.countDown();
        bench.open(slow());
        bench.occupy();
        FutureTask<StorageException.Kind> write = bench.write();
        awaitRemark("its part has not begun with it");
        bench.free();
        assertNull(FrontBench.come(write));
    }

    private static StackTraceElement frame(String type, String method, int line) {
        return new StackTraceElement(type, method, null, line);
    }

    @Test
    void itsThreadIsInTheHostWaitsForTheLayerBelowWhateverThatDoesOrForALock() {
        String bay = "dev.backplane.kernel.internal.bay.";
        StackTraceElement making = frame(bay + "StorageRequest", "make", 95);
        assertEquals(
                "in UnixFileDispatcherImpl.force0, at FileLayer.flush:119",
                Whereabouts.of(Thread.State.RUNNABLE, new StackTraceElement[] {
                    frame("sun.nio.ch.UnixFileDispatcherImpl", "force0", -2),
                    frame("sun.nio.ch.FileChannelImpl", "force", 635),
                    frame(bay + "PartFile$Channel", "force", 141),
                    frame("dev.backplane.protocol.file.internal.FileLayer", "flush", 119),
                    making
                }));
        StackTraceElement tables = frame("dev.backplane.storage.qcow2.internal.Upkeep", "writeTables", 39);
        assertEquals(
                "waits for the layer below, at Image.flush:72 < Upkeep.writeTables:39",
                Whereabouts.of(Thread.State.TIMED_WAITING, new StackTraceElement[] {
                    frame("ch.qos.logback.classic.Logger", "log", 837),
                    frame(bay + "StorageFront", "perform", 136),
                    frame(bay + "HeldStorage", "flush", 50),
                    frame("dev.backplane.storage.qcow2.internal.Image", "flush", 72),
                    tables,
                    making
                }));
        assertEquals(
                "waits for a lock, at Upkeep.writeTables:39",
                Whereabouts.of(Thread.State.BLOCKED, new StackTraceElement[] {tables, making}));
        assertEquals("its thread has just come back", Whereabouts.of(Thread.State.RUNNABLE, new StackTraceElement[0]));
    }
}
