package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.SnapshotOptions;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.fake.Archivist;
import dev.backplane.kernel.internal.fake.Platter;
import dev.backplane.kernel.internal.fake.TestHost;
import dev.backplane.kernel.internal.plan.Replacement;
import dev.backplane.kernel.internal.plan.SwapReport;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A device counts on its disk while the layers of the disk are replaced beneath it. */
@Timeout(120)
class DiskStackTest {
    private static final String FILE = """
            name: web
            memory: 64KiB
            boot: {kernel: none}
            onVacant: wait
            devices:
              - {type: archivist, id: disk0, disk: {type: plain, on: {type: platter}}}
            """;

    private final TestHost host = new TestHost();
    private final Platter platter = new Platter();
    private final Archivist archivist = new Archivist();
    private final AtomicBoolean enough = new AtomicBoolean();
    private final CountDownLatch hanging = new CountDownLatch(1);
    private Offer format = host.offer(Kind.STORAGE, "plain", "1.0.0", platter.new Plain());
    private Offer protocol = host.offer(Kind.PROTOCOL, "platter", "1.0.0", platter.new Memory());
    private Offer device = host.offer(Kind.DEVICE, "archivist", "1.0.0", archivist);

    @BeforeEach
    void offerCpu() {
        host.offerIdleCpu(enough);
    }

    @AfterEach
    void close() {
        hanging.countDown();
        host.close();
    }

    private Vm start() throws Exception {
        Vm vm = host.start(FILE);
        archivist.awaitProgress();
        return vm;
    }

    private static String state(Vm vm, String bay) {
        return TestHost.bay(vm, bay).state();
    }

    private void stopAndCompare(Vm vm) throws Exception {
        enough.set(true);
        assertEquals(VmState.STOPPED, TestHost.outcome(vm).state());
        assertEquals(List.of(), archivist.complaints);
        assertEquals(archivist.counted.get(), platter.bytes.get(ValueLayout.JAVA_LONG, 0));
    }

    @Test
    void aDiskIsAStackOfBays() throws Exception {
        Vm vm = start();
        assertEquals(
                List.of("cpu", "disk0", "disk0.disk", "disk0.disk.on", "scheduler"),
                vm.bays().stream().map(Vm.BayInfo::id).toList());
        stopAndCompare(vm);
    }

    @Test
    void eachLayerAndTheDeviceIsReplacedWhileTheDeviceCounts() throws Exception {
        Vm vm = start();
        for (int round = 0; round < 10; round++) {
            host.catalogue.remove(protocol);
            assertEquals("VACANT", state(vm, "disk0.disk.on"));
            assertEquals("RUNNING", state(vm, "disk0"), "its requests wait in the bay");
            protocol = host.offer(Kind.PROTOCOL, "platter", "1.0.0", platter.new Memory());
            archivist.awaitProgress();
            host.catalogue.remove(format);
            assertEquals("VACANT", state(vm, "disk0.disk"));
            format = host.offer(Kind.STORAGE, "plain", "1.0.0", platter.new Plain());
            archivist.awaitProgress();
            host.catalogue.remove(device);
            device = host.offer(Kind.DEVICE, "archivist", "1.0.0", archivist);
            archivist.awaitProgress();
        }
        assertEquals(10, platter.log.stream().filter("restore"::equals).count());
        stopAndCompare(vm);
    }

    @Test
    void whatALayerThatHangsHadIsAnsweredByItsSuccessorAndItsLateCallsChangeNothing() throws Exception {
        Vm vm = start();
        for (boolean inRead : new boolean[] {true, false}) {
            CountDownLatch reached = new CountDownLatch(1);
            CountDownLatch over = new CountDownLatch(1);
            AtomicReference<Throwable> late = new AtomicReference<>();
            platter.hook = memory -> {
                if (memory.isReadOnly() || reached.getCount() == 0) {
                    return;
                }
                platter.hook = null;
                reached.countDown();
                try {
                    hanging.await();
                    memory.set(ValueLayout.JAVA_LONG, 0, 4711);
                } catch (InterruptedException | RuntimeException e) {
                    late.set(e);
                    over.countDown();
                    throw new IllegalStateException(e);
                }
            };
            reached.await();
            host.catalogue.remove(protocol);
            assertEquals("FAILED", state(vm, "disk0.disk.on"));
            assertEquals("RUNNING", state(vm, "disk0"));
            protocol = host.offer(Kind.PROTOCOL, "platter", "1.0.0", platter.new Memory());
            archivist.awaitProgress();
            if (!inRead) {
                hanging.countDown();
                over.await();
                assertTrue(late.get() instanceof IllegalStateException, String.valueOf(late.get()));
            }
        }
        archivist.awaitProgress();
        stopAndCompare(vm);
    }

    @Test
    void aLayerThatThrowsIsReplaced() throws Exception {
        Vm vm = start();
        platter.hook = memory -> {
            platter.hook = null;
            throw new IllegalStateException("out of oil");
        };
        TestHost.await("it has failed", () -> state(vm, "disk0.disk.on").equals("FAILED"));
        host.catalogue.remove(protocol);
        protocol = host.offer(Kind.PROTOCOL, "platter", "1.0.0", platter.new Memory());
        archivist.awaitProgress();
        stopAndCompare(vm);
    }

    /** It may have held back what was written, and its successor does not know of it. */
    @Test
    void whoFlushesHearsOfALayerThatWasGivenUpSinceItsLastFlush() throws Exception {
        Vm vm = start();
        platter.writing = () -> {
            platter.writing = null;
            throw new IllegalStateException("out of oil");
        };
        TestHost.await("it has failed", () -> state(vm, "disk0.disk").equals("FAILED"));
        host.catalogue.remove(format);
        format = host.offer(Kind.STORAGE, "plain", "1.0.0", platter.new Plain());
        archivist.awaitProgress();
        archivist.flushing = true;
        TestHost.await("it complains", () -> !archivist.complaints.isEmpty());
        assertTrue(archivist.complaints.getFirst().contains("may be lost"), archivist.complaints::toString);
        enough.set(true);
        assertEquals(VmState.STOPPED, TestHost.outcome(vm).state());
    }

    @Test
    void theMachineIsPausedAndResumedWithItsDisk() throws Exception {
        Vm vm = start();
        for (int round = 0; round < 5; round++) {
            vm.pause();
            vm.resume();
            archivist.awaitProgress();
        }
        stopAndCompare(vm);
    }

    @Test
    void aMachineEndsWhileItsDiskIsAway() throws Exception {
        Vm vm = start();
        host.catalogue.remove(protocol);
        enough.set(true);
        assertEquals(VmState.STOPPED, TestHost.outcome(vm).state());
        assertEquals(1, archivist.rests.get(), "the device has come to rest");
        assertEquals(List.of(), archivist.complaints);
    }

    @Test
    void aMachineIsPausedAndResumedWhileALayerIsAway() throws Exception {
        Vm vm = start();
        for (int round = 0; round < 3; round++) {
            host.catalogue.remove(protocol);
            vm.pause();
            assertEquals("QUIESCED", state(vm, "disk0"));
            protocol = host.offer(Kind.PROTOCOL, "platter", "1.0.0", platter.new Memory());
            assertThrows(VmException.class, vm::pause);
            vm.resume();
            archivist.awaitProgress();
            host.catalogue.remove(format);
            vm.pause();
            assertEquals("QUIESCED", state(vm, "disk0"));
            vm.resume();
            format = host.offer(Kind.STORAGE, "plain", "1.0.0", platter.new Plain());
            archivist.awaitProgress();
        }
        stopAndCompare(vm);
    }

    @Test
    void theDeviceIsReplacedWhileALayerIsAway() throws Exception {
        Vm vm = start();
        for (int round = 0; round < 3; round++) {
            host.catalogue.remove(protocol);
            host.catalogue.remove(device);
            assertEquals("VACANT", state(vm, "disk0"));
            device = host.offer(Kind.DEVICE, "archivist", "1.0.0", archivist);
            TestHost.await("it is back", () -> state(vm, "disk0").equals("RUNNING"));
            protocol = host.offer(Kind.PROTOCOL, "platter", "1.0.0", platter.new Memory());
            archivist.awaitProgress();
        }
        stopAndCompare(vm);
    }

    @Test
    void aLayerIsReplacedWhileTheOneBelowIsAway() throws Exception {
        Vm vm = start();
        for (int round = 0; round < 3; round++) {
            host.catalogue.remove(protocol);
            host.catalogue.remove(format);
            assertEquals("VACANT", state(vm, "disk0.disk"));
            format = host.offer(Kind.STORAGE, "plain", "1.0.0", platter.new Plain());
            assertEquals("RUNNING", state(vm, "disk0"));
            protocol = host.offer(Kind.PROTOCOL, "platter", "1.0.0", platter.new Memory());
            archivist.awaitProgress();
        }
        stopAndCompare(vm);
    }

    @Test
    void aTypeThatIsMissingIsNamed() throws Exception {
        Vm vm = host.define(FILE.replace("platter", "platte"));
        var missing = assertThrows(VmException.class, () -> vm.start(Duration.ZERO));
        assertTrue(
                missing.getMessage()
                        .contains("disk0.disk.on.type: no installed plugin offers the storage type \"platte\""),
                missing.getMessage());
    }

    @Test
    void anOptionOfALayerIsCheckedWhenTheMachineIsDefined() {
        var wrong = assertThrows(
                ConfigurationException.class,
                () -> host.define(FILE.replace("{type: platter}", "{type: platter, length: many}")));
        assertTrue(wrong.getMessage().contains("disk0.disk.on.length: \"many\""), wrong.getMessage());
    }

    @Test
    void theShortFormOfADiskIsExpanded() {
        var wrong = assertThrows(
                ConfigurationException.class,
                () -> host.define(
                        FILE.replace("{type: plain, on: {type: platter}}", "{format: plain, file: a, of: b}")));
        assertTrue(wrong.getMessage().contains("disk0.disk.of: unknown key"), wrong.getMessage());
    }

    private static final Duration BAY = Duration.ofSeconds(2);

    private SwapReport move(Offer old, Offer next) throws Exception {
        return host.kernel.swaps().move("web", Replacement.of(old, next), BAY);
    }

    @Test
    void eachLayerAndTheDeviceMovesToOneThatIsMadeBesideIt() throws Exception {
        Vm vm = start();
        for (int round = 1; round <= 10; round++) {
            String version = "1.0." + round;
            Offer nextProtocol = host.offer(Kind.PROTOCOL, "platter", version, platter.new Memory());
            Offer nextFormat = host.offer(Kind.STORAGE, "plain", version, platter.new Plain());
            Offer nextDevice = host.offer(Kind.DEVICE, "archivist", version, archivist);
            assertEquals(Optional.empty(), move(protocol, nextProtocol).failure());
            archivist.awaitProgress();
            assertEquals(Optional.empty(), move(format, nextFormat).failure());
            archivist.awaitProgress();
            assertEquals(Optional.empty(), move(device, nextDevice).failure());
            archivist.awaitProgress();
            protocol = nextProtocol;
            format = nextFormat;
            device = nextDevice;
        }
        stopAndCompare(vm);
    }

    @Test
    void aLayerThatWritesBeforeItHasItsPlaceIsRefusedAndTheOldOneGoesOn() throws Exception {
        Vm vm = start();
        Offer eager = host.offer(Kind.STORAGE, "plain", "2.0.0", platter.new Eager());
        SwapReport rehearsed = host.kernel.swaps().rehearse("web", Replacement.of(format, eager), BAY);
        assertTrue(rehearsed.failure().orElseThrow().contains("writes nothing"), rehearsed.toString());
        archivist.awaitProgress();
        SwapReport moved = move(format, eager);
        assertTrue(moved.failure().orElseThrow().contains("writes nothing"), moved.toString());
        archivist.awaitProgress();
        stopAndCompare(vm);
    }

    @Test
    void aDeviceStaysAsItIsWhileItsDiskDoesNotAnswerAndItsGuestMeetsNoClosedGate(@TempDir Path folder)
            throws Exception {
        Vm vm = start();
        fallSilent();
        Offer next = host.offer(Kind.DEVICE, "archivist", "2.0.0", archivist);
        SwapReport rehearsed = host.kernel.swaps().rehearse("web", Replacement.of(device, next), BAY);
        assertEquals(Optional.empty(), rehearsed.failure());
        assertEquals(SwapReport.Outcome.UNTRIED, rehearsed.moves().getFirst().outcome());
        assertEquals(0, rehearsed.moves().getFirst().gateClosedNanos());
        assertEquals(0, archivist.rests.get());
        SwapReport moved = move(device, next);
        assertEquals(SwapReport.Outcome.ROLLED_BACK, moved.moves().getFirst().outcome());
        assertEquals(0, moved.moves().getFirst().gateClosedNanos());
        assertTrue(moved.failure().orElseThrow().contains("its disk does not answer"), moved.toString());
        VmException refused =
                assertThrows(VmException.class, () -> vm.snapshot(folder.resolve("s"), SnapshotOptions.PLAIN));
        assertTrue(
                String.valueOf(refused.getMessage()).contains("does not answer what it was asked"), refused::toString);
        assertThrows(VmException.class, vm::pause);
        assertEquals(VmState.RUNNING, vm.state());
        assertEquals(0, archivist.rests.get());
        platter.hook = null;
        hanging.countDown();
        archivist.awaitProgress();
        assertEquals(Optional.empty(), move(device, next).failure());
        archivist.awaitProgress();
        stopAndCompare(vm);
    }

    /** The platter answers nothing from now on, and has been asked something. */
    private void fallSilent() {
        CountDownLatch reached = new CountDownLatch(1);
        platter.hook = memory -> {
            reached.countDown();
            try {
                hanging.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        };
        try {
            reached.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aDeviceWhoseDiskFallsSilentAsItIsToRestGoesOn() throws Exception {
        Vm vm = start();
        Offer next = host.offer(Kind.DEVICE, "archivist", "2.0.0", archivist);
        archivist.resting = this::fallSilent;
        SwapReport moved = host.kernel.swaps().move("web", Replacement.of(device, next), Duration.ofSeconds(1));
        assertEquals(SwapReport.Outcome.ROLLED_BACK, moved.moves().getFirst().outcome());
        assertTrue(moved.failure().orElseThrow().contains("its disk does not answer"), moved.toString());
        assertEquals("RUNNING", state(vm, "disk0"));
        assertEquals(0, archivist.rests.get());
        archivist.resting = null;
        platter.hook = null;
        hanging.countDown();
        archivist.awaitProgress();
        assertEquals(Optional.empty(), move(device, next).failure());
        archivist.awaitProgress();
        stopAndCompare(vm);
    }

    /** It may not be given up while a host's disk has what it writes: its successor would not know of it. */
    @Test
    void aLayerWhoseDiskFallsSilentAsItIsToRestGoesOn() throws Exception {
        Vm vm = start();
        Offer next = host.offer(Kind.STORAGE, "plain", "2.0.0", platter.new Plain());
        CountDownLatch reached = new CountDownLatch(1);
        platter.resting = () -> platter.hook = memory -> {
            reached.countDown();
            awaitUnmoved(hanging);
        };
        Thread disk = Thread.ofVirtual().start(() -> {
            awaitUnmoved(reached);
            // More than the layer has.
            LockSupport.parkNanos(Duration.ofMillis(1500).toNanos());
            platter.hook = null;
            hanging.countDown();
        });
        SwapReport moved = host.kernel.swaps().move("web", Replacement.of(format, next), Duration.ofSeconds(1));
        assertEquals(SwapReport.Outcome.ROLLED_BACK, moved.moves().getFirst().outcome());
        assertTrue(moved.failure().orElseThrow().contains("its disk does not answer"), moved.toString());
        assertEquals("RUNNING", state(vm, "disk0.disk"));
        disk.join();
        platter.resting = null;
        archivist.awaitProgress();
        assertEquals(Optional.empty(), move(format, next).failure());
        archivist.awaitProgress();
        stopAndCompare(vm);
    }

    /** As a call into the host's kernel does. */
    private static void awaitUnmoved(CountDownLatch latch) {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aMachineWhoseDiskFallsSilentAsItIsToBePausedGoesOn() throws Exception {
        Vm vm = start();
        archivist.resting = this::fallSilent;
        VmException refused = assertThrows(VmException.class, vm::pause);
        assertTrue(String.valueOf(refused.getMessage()).contains("web/disk0 does not come to rest"), refused::toString);
        assertEquals(VmState.RUNNING, vm.state());
        archivist.resting = null;
        platter.hook = null;
        hanging.countDown();
        archivist.awaitProgress();
        vm.pause();
        assertEquals("QUIESCED", state(vm, "disk0"));
        vm.resume();
        archivist.awaitProgress();
        stopAndCompare(vm);
    }

    @Test
    void aLayerThatHangsInAWriteIsFencedAndItsWriteIsMadeByTheNewOneOnce() throws Exception {
        Vm vm = start();
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        platter.hook = memory -> {
            if (reached.getCount() == 0) {
                return;
            }
            platter.hook = null;
            reached.countDown();
            try {
                hanging.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            over.countDown();
        };
        reached.await();
        Offer next = host.offer(Kind.PROTOCOL, "platter", "2.0.0", platter.new Memory());
        SwapReport rehearsed = host.kernel.swaps().rehearse("web", Replacement.of(protocol, next), BAY);
        assertEquals(Optional.empty(), rehearsed.failure());
        assertEquals(SwapReport.Outcome.UNTRIED, rehearsed.moves().getFirst().outcome());
        assertEquals(0, rehearsed.moves().getFirst().gateClosedNanos());
        SwapReport report = move(protocol, next);
        assertEquals(Optional.empty(), report.failure());
        assertEquals(SwapReport.Outcome.FENCED, report.moves().getFirst().outcome());
        archivist.awaitProgress();
        hanging.countDown();
        over.await();
        archivist.awaitProgress();
        stopAndCompare(vm);
    }
}
