package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.machine.MachineContext;
import dev.backplane.api.scheduler.VcpuScheduler;
import dev.backplane.api.vm.CloneOptions;
import dev.backplane.api.vm.RestoreOptions;
import dev.backplane.api.vm.SnapshotOptions;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.Vm.Processors;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.fake.Doorman;
import dev.backplane.kernel.internal.fake.ScriptCpu;
import dev.backplane.kernel.internal.fake.TestHost;
import dev.backplane.kernel.internal.fake.Turnstile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** vCPUs come to a guest that runs, and are given back. */
@Timeout(120)
class ProcessorsTest {
    private static final String FILE = """
            name: web
            memory: 64KiB
            cpus: 1
            maxCpus: 4
            boot: {kernel: none}
            """;
    private static final long SHORT = 2_000_000;
    private static final Duration LONG = Duration.ofSeconds(60);

    private final TestHost host = new TestHost();
    private final AtomicIntegerArray steps = new AtomicIntegerArray(4);
    private final AtomicInteger port = new AtomicInteger();

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        host.close();
    }

    private void offer(TestHost to) {
        to.offer(Kind.CPU, "script", "1.0.0", new ScriptCpu((vcpu, rip, exits) -> {
            steps.incrementAndGet(vcpu);
            if (vcpu == 0 && port.get() != 0) {
                exits.writePort(port.getAndSet(0), 2, 0);
            }
            Thread.sleep(1);
            return null;
        }));
    }

    private Vm start(String file) throws Exception {
        offer(host);
        Vm vm = host.define(file);
        vm.start(Duration.ZERO);
        return vm;
    }

    private void awaitRunning(int vcpu) throws InterruptedException {
        int before = steps.get(vcpu);
        TestHost.await("vCPU %d runs".formatted(vcpu), () -> steps.get(vcpu) > before + 5);
    }

    /** The first {@code count} run, the others do not. */
    private void assertRunning(int count) throws InterruptedException {
        for (int i = 0; i < count; i++) {
            awaitRunning(i);
        }
        // Whoever was in the guest has come out of it meanwhile.
        int[] before = new int[4];
        for (int i = count; i < 4; i++) {
            before[i] = steps.get(i);
        }
        awaitRunning(0);
        for (int i = count; i < 4; i++) {
            assertEquals(before[i], steps.get(i), "vCPU " + i);
        }
    }

    private CompletableFuture<Void> set(Vm vm, int count) {
        return CompletableFuture.runAsync(() -> {
            try {
                vm.setProcessors(count, LONG);
            } catch (VmException e) {
                throw new IllegalStateException(e.getMessage());
            }
        });
    }

    private void awaitAsked(int vcpu) throws InterruptedException {
        TestHost.await("it is asked", () -> host.board.log.contains("ask for processor " + vcpu));
    }

    private static void assertRefused(String beginning, Executable request) {
        String message = assertThrows(VmException.class, request).getMessage();
        assertTrue(message.startsWith(beginning), message);
    }

    @Test
    void theyComeAtOnceAndGoWhenTheGuestLetsThemGo() throws Exception {
        Vm vm = start(FILE);
        assertRunning(1);
        assertEquals(new Processors(1, 4), vm.processors());
        vm.setProcessors(4, Duration.ZERO);
        assertEquals(new Processors(4, 4), vm.processors());
        assertRunning(4);
        var done = set(vm, 2);
        awaitAsked(3);
        assertRefused("web is about to give vCPUs back already", () -> vm.setProcessors(4, LONG));
        assertRunning(4);
        host.board.eject(3);
        host.board.eject(2);
        done.get(60, TimeUnit.SECONDS);
        assertEquals(new Processors(2, 4), vm.processors());
        assertRunning(2);
        vm.setProcessors(2, Duration.ZERO);
        vm.setProcessors(3, Duration.ZERO);
        assertRunning(3);
    }

    @Test
    void aGuestThatDoesNotGiveThemBackKeepsThemUntilItDoes() throws Exception {
        Vm vm = start(FILE);
        vm.setProcessors(3, Duration.ZERO);
        var message = assertThrows(VmException.class, () -> vm.setProcessors(1, Duration.ofMillis(50)))
                .getMessage();
        assertTrue(message.startsWith("web: the guest has not given back vCPUs {1, 2} within 0.1 s: "), message);
        assertRunning(3);
        host.board.eject(2);
        TestHost.await("it stands", () -> vm.processors().present() == 2);
        assertRunning(2);
    }

    @Test
    void oneThatTheGuestEjectsUnaskedStopsAndCanComeAgain() throws Exception {
        Vm vm = start(FILE);
        vm.setProcessors(3, Duration.ZERO);
        host.board.eject(1);
        awaitRunning(2);
        assertEquals(new Processors(2, 4), vm.processors());
        vm.setProcessors(3, Duration.ZERO);
        assertRunning(3);
    }

    @Test
    void theyStayOverAResetAPauseAndABreakOfTheEngine() throws Exception {
        Vm vm = start(FILE);
        vm.setProcessors(2, Duration.ZERO);
        port.set(0xcf9);
        TestHost.await("it is reset", () -> host.board.loads.get() == 2);
        assertRunning(2);
        vm.pause();
        assertRefused(
                "web: vCPUs come and go while a machine runs only: it is PAUSED", () -> vm.setProcessors(3, LONG));
        vm.resume();
        assertRunning(2);
        vm.restart("cpu");
        assertRunning(2);
        vm.setProcessors(4, Duration.ZERO);
        assertRunning(4);
    }

    @Test
    void aSnapshotKeepsWhichTheGuestHas() throws Exception {
        Vm vm = start(FILE);
        vm.setProcessors(4, Duration.ZERO);
        host.board.eject(3);
        Path kept = folder.resolve("kept");
        vm.snapshot(kept, SnapshotOptions.PLAIN);
        vm.kill("test");
        try (TestHost other = new TestHost()) {
            offer(other);
            Vm restored = other.kernel.restore(kept, RestoreOptions.PLAIN);
            restored.start(Duration.ZERO);
            assertEquals(new Processors(3, 4), restored.processors());
            assertRunning(3);
        }
    }

    /** Also the next one's. */
    @Test
    void aCloneHasThoseThatTheGuestHas() throws Exception {
        Vm vm = start(FILE);
        vm.setProcessors(3, Duration.ZERO);
        Vm clone = clone(vm);
        clone.start(Duration.ZERO);
        assertEquals(new Processors(3, 4), clone.processors());
        assertRunning(3);
        clone.setProcessors(4, Duration.ZERO);
        assertEquals(new Processors(3, 4), vm.processors());
        Vm next = clone(clone);
        next.start(Duration.ZERO);
        assertEquals(new Processors(4, 4), next.processors());
        assertRunning(4);
    }

    /** The machine does not go on, so that it is not seen at work. */
    private Vm clone(Vm vm) throws Exception {
        Vm clone = host.kernel
                .clone(vm.name(), CloneOptions.of(vm.name(), 1))
                .clones()
                .getFirst();
        vm.pause();
        return clone;
    }

    @Test
    void theSchedulerIsAskedForMoreAndToldOfFewer() throws Exception {
        Doorman doorman = new Doorman();
        host.offer(Kind.SCHEDULER, "doorman", "1.0.0", doorman);
        Vm vm = start(FILE + "scheduler: {type: doorman, vcpus: 3}\n");
        assertEquals("new for {0} of 4 vCPUs of web", doorman.log.getLast());
        assertRunning(1);
        vm.setProcessors(3, Duration.ZERO);
        assertEquals("web has {0, 1, 2}", doorman.log.getLast());
        assertRunning(3);
        assertRefused(
                "web: the scheduler refuses 4 vCPUs: {0, 1, 2, 3} are more than 3: it keeps 3",
                () -> vm.setProcessors(4, LONG));
        assertEquals(new Processors(3, 4), vm.processors());
        assertRunning(3);
        host.board.eject(2);
        TestHost.await("it is told", () -> doorman.log.getLast().equals("web has {0, 1}"));
        vm.restart("scheduler");
        assertEquals("again web for {0, 1} of 4 vCPUs of web", doorman.log.getLast());
        assertRunning(2);
        Path kept = folder.resolve("kept");
        vm.snapshot(kept, SnapshotOptions.PLAIN);
        vm.kill("test");
        try (TestHost other = new TestHost()) {
            offer(other);
            Doorman next = new Doorman();
            other.offer(Kind.SCHEDULER, "doorman", "1.0.0", next);
            Vm restored = other.kernel.restore(kept, RestoreOptions.PLAIN);
            restored.start(Duration.ZERO);
            assertEquals("again web for {0, 1} of 4 vCPUs of web", next.log.getLast());
            assertRunning(2);
            restored.setProcessors(3, Duration.ZERO);
            assertRunning(3);
        }
    }

    @Test
    void oneThatIsTakenWhileItWaitsForItsTurnAsksWhenItComesAgain() throws Exception {
        Turnstile turnstile =
                new Turnstile(SHORT, VcpuScheduler.WAIT, VcpuScheduler.UNLIMITED, VcpuScheduler.UNLIMITED);
        host.offer(Kind.SCHEDULER, "turnstile", "1.0.0", turnstile);
        Vm vm = start(FILE + "scheduler: turnstile\n");
        vm.setProcessors(3, Duration.ZERO);
        awaitRunning(0);
        awaitRunning(2);
        assertEquals(0, steps.get(1));
        var done = set(vm, 1);
        awaitAsked(1);
        host.board.eject(2);
        host.board.eject(1);
        done.get(60, TimeUnit.SECONDS);
        TestHost.await("they give their turns back", () -> turnstile.log.contains("2 rests HELD"));
        turnstile.answers = new long[] {SHORT, SHORT, SHORT, SHORT};
        vm.setProcessors(4, Duration.ZERO);
        assertRunning(4);
    }

    @Test
    void whatCannotBeSaysWhy() throws Exception {
        Vm vm = start(FILE);
        assertRefused("cpus: 5: expected from 1 to 4, as maxCpus of web has it", () -> vm.setProcessors(5, LONG));
        assertRefused("cpus: 0: expected from 1 to 4", () -> vm.setProcessors(0, LONG));
        assertRunning(1);
        vm.kill("test");
        assertRefused("web does not run: it is STOPPED; start it first", () -> vm.setProcessors(2, LONG));
        assertEquals(new Processors(1, 4), vm.processors());
    }

    @Test
    void withoutMaxCpusAMachineKeepsThoseThatItBeganWith() throws Exception {
        Vm vm = start(FILE.replace("maxCpus: 4\n", "").replace("cpus: 1", "cpus: 2"));
        MachineContext context = Objects.requireNonNull(host.board.context);
        assertEquals(2, context.possibleVcpus());
        assertRunning(2);
        assertEquals(new Processors(2, 2), vm.processors());
        assertRefused("web keeps the vCPUs that it began with, 2: ", () -> vm.setProcessors(1, LONG));
    }

    @Test
    void aMachineThatEndsMeanwhileIsNotWaitedFor() throws Exception {
        Vm vm = start(FILE);
        vm.setProcessors(2, Duration.ZERO);
        var done = set(vm, 1);
        awaitAsked(1);
        port.set(0x604);
        assertThrows(Exception.class, () -> done.get(30, TimeUnit.SECONDS));
        assertEquals(VmState.STOPPED, vm.state());
    }
}
