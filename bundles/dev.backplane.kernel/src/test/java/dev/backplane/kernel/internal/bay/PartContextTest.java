package dev.backplane.kernel.internal.bay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.Stop;
import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.device.Shape;
import dev.backplane.api.memory.Lease;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.RevokedException;
import dev.backplane.api.state.StateVersion;
import dev.backplane.api.time.GuestTimer;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.fake.Inert;
import dev.backplane.kernel.internal.fake.ScriptCpu;
import dev.backplane.kernel.internal.fake.TestHost;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a part can and cannot do through its context, on a whole machine. */
@Timeout(60)
class PartContextTest {
    /** No options. */
    record None() {}

    /** A state. */
    @StateVersion(schema = "probe", writes = 1, reads = 1)
    record State(int lives) {}

    /** A device that does nothing and lets the test have its context. */
    private final class Probe implements DeviceFactory<None, State> {
        private final int port;

        Probe(int port) {
            this.port = port;
        }

        @Override
        public Shape shape(None options) {
            return Shape.empty().withPorts("p", port, 1).withInterrupt("i", port);
        }

        @Override
        public Device<State> create(None options, DeviceContext context) {
            return new Made(context, 1);
        }

        @Override
        public Device<State> restore(None options, DeviceContext context, State state) {
            return new Made(context, state.lives() + 1);
        }
    }

    private final class Made implements Device<State>, Inert<State>, RegisterHandler {
        private final int lives;

        Made(DeviceContext context, int lives) {
            this.lives = lives;
            context.serve("p", this);
            contexts.put(context.id() + lives, context);
        }

        @Override
        public long read(long offset, int size) {
            return lives;
        }

        @Override
        public void write(long offset, int size, long value) {}

        @Override
        public State save() {
            return new State(lives);
        }

        @Override
        public void reset(ResetKind kind) {}
    }

    private final TestHost host = new TestHost();
    private final Map<String, DeviceContext> contexts = new ConcurrentHashMap<>();
    private final CountDownLatch release = new CountDownLatch(1);
    private Offer offerA = host.offer(Kind.DEVICE, "a", "1.0.0", new Probe(1));
    private Vm vm;

    @BeforeEach
    void start() throws Exception {
        host.offer(Kind.DEVICE, "b", "1.0.0", new Probe(2));
        host.offer(Kind.CPU, "script", "1.0.0", new ScriptCpu((vcpu, rip, exits) -> Stop.HALTED));
        vm = host.define("""
                name: web
                memory: 64KiB
                boot: {kernel: none}
                devices: [{type: a, id: a}, {type: b, id: b}]
                """);
        vm.start(Duration.ZERO);
    }

    @AfterEach
    void close() {
        release.countDown();
        host.close();
    }

    private DeviceContext replaceA() throws InterruptedException {
        host.catalogue.remove(offerA);
        offerA = host.offer(Kind.DEVICE, "a", "1.0.0", new Probe(1));
        TestHost.await(
                "a is replaced",
                () -> contexts.containsKey("a2") && vm.bays().get(1).state().equals("RUNNING"));
        return contexts.get("a2");
    }

    @Test
    void sixtyFourBlockedCallsOfOnePartDelayNoOther() throws Exception {
        for (int i = 0; i < 64; i++) {
            contexts.get("a1").executor().execute(this::block);
        }
        CountDownLatch ran = new CountDownLatch(64);
        for (int i = 0; i < 64; i++) {
            contexts.get("b1").executor().execute(ran::countDown);
        }
        assertTrue(ran.await(10, TimeUnit.SECONDS));
    }

    @Test
    void sixtyFourBlockedCallsKeepNoTimerNoPauseAndNoOtherMachineWaiting() throws Exception {
        for (int i = 0; i < 64; i++) {
            contexts.get("a1").executor().execute(this::block);
        }
        CountDownLatch expired = new CountDownLatch(2);
        for (String part : List.of("a1", "b1")) {
            DeviceContext context = contexts.get(part);
            context.timer(expired::countDown).arm(context.clock().nanos() + 1_000_000);
        }
        assertTrue(expired.await(10, TimeUnit.SECONDS));
        vm.pause();
        assertEquals(VmState.PAUSED, vm.state());
        vm.resume();
        assertEquals(VmState.RUNNING, vm.state());

        Vm other = host.define("""
                name: other
                memory: 64KiB
                boot: {kernel: none}
                devices: [{type: a, id: c}]
                """);
        other.start(Duration.ZERO);
        CountDownLatch ran = new CountDownLatch(64);
        for (int i = 0; i < 64; i++) {
            contexts.get("c1").executor().execute(ran::countDown);
        }
        assertTrue(ran.await(10, TimeUnit.SECONDS));
        vm.kill("the test is done with it");
        assertEquals(VmState.STOPPED, TestHost.outcome(vm).state());
        assertEquals(VmState.RUNNING, other.state());
    }

    private void block() {
        boolean waiting = true;
        while (waiting) {
            try {
                release.await();
                waiting = false;
            } catch (InterruptedException e) {
                throw new AssertionError("a task was interrupted", e);
            }
        }
    }

    @Test
    void everyCallOfAReplacedPartIsRefused() throws Exception {
        DeviceContext old = contexts.get("a1");
        var line = old.interrupt("i");
        var clock = old.clock();
        var memory = old.memory();
        GuestTimer timer = old.timer(() -> {});
        Lease lease = memory.write(0, 8);
        lease.close();
        replaceA();
        assertThrows(RevokedException.class, () -> line.set(true));
        assertThrows(RevokedException.class, clock::nanos);
        assertThrows(RevokedException.class, () -> timer.arm(0));
        assertThrows(RevokedException.class, () -> old.executor());
        assertThrows(RevokedException.class, () -> old.fail("late", null));
        assertThrows(RevokedException.class, () -> old.requestReset("late"));
        assertThrows(RevokedException.class, () -> old.interrupt("i"));
        assertThrows(RevokedException.class, () -> old.resource("k", AutoCloseable.class, () -> () -> {}));
        assertThrows(IllegalStateException.class, () -> memory.read(0, 8));
        assertEquals("RUNNING", vm.bays().get(1).state());
    }

    @Test
    void theLevelOfALineStaysWhenItsPartGoes() throws Exception {
        contexts.get("a1").interrupt("i").set(true);
        DeviceContext next = replaceA();
        assertEquals(true, host.board.lines.get("a.i"));
        next.interrupt("i").set(false);
        assertEquals(false, host.board.lines.get("a.i"));
    }

    @Test
    void aHostResourceStaysOpenForTheSuccessorAndIsClosedWithTheMachine() throws Exception {
        AtomicInteger opened = new AtomicInteger();
        AtomicInteger closed = new AtomicInteger();
        AutoCloseable first = contexts.get("a1").resource("file", AutoCloseable.class, () -> {
            opened.incrementAndGet();
            return closed::incrementAndGet;
        });
        DeviceContext next = replaceA();
        AutoCloseable second = next.resource("file", AutoCloseable.class, () -> {
            throw new AssertionError("opened twice");
        });
        assertTrue(first == second);
        assertThrows(ConfigurationException.class, () -> next.resource("file", Lease.class, () -> null));
        assertEquals(0, closed.get());
        vm.kill("done");
        assertEquals(1, opened.get());
        assertEquals(1, closed.get());
    }

    @Test
    void aResourceThatCannotBeOpenedCanBeTriedAgain() throws Exception {
        DeviceContext context = contexts.get("a1");
        ConfigurationException e = assertThrows(
                ConfigurationException.class,
                () -> context.resource("file", AutoCloseable.class, () -> {
                    throw new IOException("disk full");
                }));
        assertTrue(e.getMessage().startsWith("file: java.io.IOException: disk full"), e.getMessage());
        assertFalse(context.resource("file", AutoCloseable.class, () -> () -> {}) == null);
    }

    @Test
    void aTimerThatExpiresWhileItsBayIsClosedIsDeliveredAfterwards() throws Exception {
        List<String> fired = new ArrayList<>();
        CountDownLatch inA = new CountDownLatch(1);
        CountDownLatch ran = new CountDownLatch(1);
        DeviceContext context = contexts.get("a1");
        GuestTimer timer = context.timer(() -> {
            fired.add("late");
            ran.countDown();
        });
        vm.pause();
        timer.arm(context.clock().nanos() + 1);
        assertFalse(inA.await(50, TimeUnit.MILLISECONDS));
        assertEquals(List.of(), fired);
        vm.resume();
        assertTrue(ran.await(10, TimeUnit.SECONDS));
    }

    @Test
    void aPartThatFailsIsReportedAsText() throws Exception {
        contexts.get("a1").fail("the disk is gone", new IllegalStateException("EIO"));
        TestHost.await("it fails", () -> vm.bays().get(1).state().equals("FAILED"));
        assertTrue(
                vm.bays().get(1).note().startsWith("the disk is gone: java.lang.IllegalStateException: EIO"),
                vm.bays().get(1).note());
    }

    @Test
    void aTaskAndATimerThatThrowFailTheirBay() throws Exception {
        contexts.get("a1").executor().execute(() -> {
            throw new IllegalStateException("in a task");
        });
        contexts.get("b1")
                .timer(() -> {
                    throw new IllegalStateException("in a timer");
                })
                .arm(0);
        TestHost.await(
                "both fail",
                () -> vm.bays().stream()
                                .filter(bay -> bay.state().equals("FAILED"))
                                .count()
                        == 2);
    }

    @Test
    void aLeaseLeftOpenAtQuiesceFencesThePart() throws Exception {
        contexts.get("a1").memory().write(0, 8);
        host.catalogue.remove(offerA);
        assertEquals("FAILED", vm.bays().get(1).state());
        assertTrue(
                vm.bays().get(1).note().contains("1 leases of guest memory are still open"),
                vm.bays().get(1).note());
    }

    @Test
    void endMachineAndRequestResetReachTheMachine() throws Exception {
        contexts.get("a1").requestReset("button");
        TestHost.await("it is reset", () -> host.board.loads.get() == 2);
        contexts.get("a1").endMachine(35, "exit");
        assertEquals(35, TestHost.outcome(vm).status());
        assertEquals("a: exit", TestHost.outcome(vm).reason());
    }
}
