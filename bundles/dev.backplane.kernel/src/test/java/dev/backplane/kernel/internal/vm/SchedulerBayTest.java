package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.Stop;
import dev.backplane.api.scheduler.SchedulerContext;
import dev.backplane.api.scheduler.VcpuScheduler;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.fake.ScriptCpu;
import dev.backplane.kernel.internal.fake.TestHost;
import dev.backplane.kernel.internal.fake.Turnstile;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SchedulerBayTest {
    private static final long SHORT = 2_000_000;
    private static final String FILE = """
            name: web
            memory: 64KiB
            cpus: 2
            boot: {kernel: none}
            scheduler: turnstile
            """;

    private final TestHost host = new TestHost();
    private final AtomicLongArray executed = new AtomicLongArray(2);
    private volatile Stop next = null;
    private final Turnstile turnstile = new Turnstile(SHORT, SHORT);
    private final Offer offer = host.offer(Kind.SCHEDULER, "turnstile", "1.0.0", turnstile);

    SchedulerBayTest() {
        host.offer(Kind.CPU, "script", "1.0.0", new ScriptCpu((vcpu, rip, exits) -> {
            executed.incrementAndGet(vcpu);
            Thread.onSpinWait();
            return next;
        }));
    }

    @AfterEach
    void close() {
        host.close();
    }

    private Vm start(String file) throws Exception {
        Vm vm = host.define(file);
        vm.start(Duration.ZERO);
        return vm;
    }

    private void awaitProgress(int vcpu) throws InterruptedException {
        long before = executed.get(vcpu);
        TestHost.await("vCPU " + vcpu + " runs", () -> executed.get(vcpu) > before + 10);
    }

    private SchedulerContext context() {
        return Objects.requireNonNull(turnstile.context);
    }

    @Test
    void aVcpuWhoseSliceIsOverAsksForTheNext() throws Exception {
        start(FILE);
        TestHost.await("asked again and again", () -> turnstile.asked.get() > 20);
        awaitProgress(0);
        awaitProgress(1);
        assertTrue(context().cpuNanos(0) > 0);
    }

    @Test
    void aVcpuThatHasToWaitStaysOutUntilItIsTold() throws Exception {
        turnstile.answers = new long[] {SHORT, VcpuScheduler.WAIT};
        start(FILE);
        awaitProgress(0);
        assertEquals(0, executed.get(1));
        turnstile.answers = new long[] {SHORT, SHORT};
        context().proceed(1);
        awaitProgress(1);
    }

    @Test
    void aVcpuThatWaitsForAWhileAsksAgainByItself() throws Exception {
        turnstile.answers = new long[] {VcpuScheduler.UNLIMITED, -1_000_000};
        start(FILE);
        TestHost.await("asked again and again", () -> turnstile.asked.get() > 10);
        assertEquals(0, executed.get(1));
    }

    @Test
    void aVcpuWithoutALimitComesOutWhenItIsPreempted() throws Exception {
        turnstile.answers = new long[] {VcpuScheduler.UNLIMITED, VcpuScheduler.UNLIMITED};
        start(FILE);
        awaitProgress(0);
        turnstile.answers = new long[] {VcpuScheduler.WAIT, VcpuScheduler.UNLIMITED};
        context().preempt(0);
        TestHost.await("vCPU 0 waits", () -> {
            long before = executed.get(0);
            Thread.onSpinWait();
            return turnstile.asked.get() >= 3 && executed.get(0) == before;
        });
        awaitProgress(1);
    }

    @Test
    void aPausedMachineGivesItsSlicesBack() throws Exception {
        turnstile.answers = new long[] {SHORT, VcpuScheduler.WAIT};
        Vm vm = start(FILE);
        awaitProgress(0);
        vm.pause();
        assertTrue(turnstile.log.contains("1 rests HELD"), () -> turnstile.log.toString());
        vm.resume();
        awaitProgress(0);
    }

    @Test
    void oneThatHaltsRestsAndIsToldOf() throws Exception {
        next = Stop.HALTED;
        start(FILE);
        TestHost.await("it rests", () -> turnstile.log.contains("0 rests HALTED"));
    }

    @Test
    void whileTheBayIsVacantVcpusRunAndTheMachineIsNotPaused() throws Exception {
        turnstile.answers = new long[] {SHORT, VcpuScheduler.WAIT};
        Vm vm = start(FILE);
        awaitProgress(0);
        host.catalogue.remove(offer);
        awaitProgress(0);
        awaitProgress(1);
        Thread.sleep(1200);
        awaitProgress(1);
        assertEquals(VmState.RUNNING, vm.state());
        Turnstile successor = new Turnstile(SHORT, VcpuScheduler.WAIT);
        host.offer(Kind.SCHEDULER, "turnstile", "2.0.0", successor);
        TestHost.await("the successor is asked", () -> successor.asked.get() > 3);
        assertTrue(successor.log.getFirst().startsWith("made from "));
        assertFalse(successor.log.contains("made from 0"));
        assertFalse(turnstile.log.contains("asked after its end"));
        awaitProgress(0);
    }

    @Test
    void oneThatThrowsLosesItsBayAndTheVcpusRunOn() throws Exception {
        Vm vm = start(FILE);
        awaitProgress(0);
        turnstile.fault = new IllegalStateException("no idea");
        TestHost.await(
                "the bay has failed",
                () -> vm.bays().stream()
                        .anyMatch(bay -> bay.id().equals("scheduler")
                                && bay.state().equals("FAILED")
                                && bay.note().contains("no idea")));
        awaitProgress(0);
        awaitProgress(1);
        assertEquals(VmState.RUNNING, vm.state());
    }

    @Test
    void anOptionChangesWhileItRuns() throws Exception {
        Vm vm = start(FILE);
        vm.configure("scheduler", Map.of("weight", "300"));
        assertTrue(turnstile.log.contains("weight 300"));
    }

    @Test
    void withoutTheKeyNobodyMissesTheDefault() throws Exception {
        Vm vm = start(FILE.replace("scheduler: turnstile\n", ""));
        awaitProgress(1);
        Thread.sleep(1200);
        assertEquals(VmState.RUNNING, vm.state());
    }

    @Test
    void aTypeThatNobodyOffersIsAnError() throws Exception {
        Vm vm = host.define(FILE.replace("turnstile", "turnstyle"));
        var refused = assertThrows(VmException.class, () -> vm.start(Duration.ZERO));
        assertTrue(String.valueOf(refused.getMessage()).contains("scheduler type \"turnstyle\""), refused.getMessage());
    }
}
