package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.backplane.api.scheduler.VcpuScheduler;
import dev.backplane.api.vm.Vm;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.fake.ScriptCpu;
import dev.backplane.kernel.internal.fake.TestHost;
import dev.backplane.kernel.internal.fake.Turnstile;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** vCPUs that are halted in the host's kernel, and their turns. Slices are longer than the test: none ends by being used up. */
class SelfWakingVcpuTest {
    private static final long LONG = Duration.ofMinutes(5).toNanos();
    private static final String FILE = """
            name: web
            memory: 64KiB
            cpus: 2
            boot: {kernel: none}
            scheduler: turnstile
            """;

    private final TestHost host = new TestHost();
    private final AtomicLong executed = new AtomicLong();
    private volatile boolean asleep = true;
    private volatile boolean halted = true;
    private final Turnstile turnstile = new Turnstile(LONG, VcpuScheduler.WAIT);

    SelfWakingVcpuTest() {
        ScriptCpu cpu = new ScriptCpu((vcpu, rip, exits) -> {
            if (asleep) {
                LockSupport.parkNanos(5_000_000);
            } else {
                executed.incrementAndGet();
                Thread.onSpinWait();
            }
            return null;
        });
        cpu.waiting = vcpu -> halted;
        host.offer(Kind.CPU, "script", "1.0.0", cpu);
        host.offer(Kind.SCHEDULER, "turnstile", "1.0.0", turnstile);
    }

    @AfterEach
    void close() {
        host.close();
    }

    private Vm start() throws Exception {
        Vm vm = host.define(FILE);
        vm.start(Duration.ZERO);
        return vm;
    }

    private boolean told(String what) {
        return turnstile.log.contains(what);
    }

    @Test
    void oneThatIsHaltedInsideGivesItsTurnBackAgainAndAgain() throws Exception {
        start();
        TestHost.await("it rests", () -> told("0 rests HALTED"));
        TestHost.await("what it has used without a turn is charged", () -> told("0 woken"));
        long asked = turnstile.asked.get();
        turnstile.log.clear();
        TestHost.await("it rests again", () -> told("0 rests HALTED"));
        TestHost.await("it asks again", () -> turnstile.asked.get() > asked);
    }

    @Test
    void oneThatWakesUpInsideAsksForATurn() throws Exception {
        start();
        TestHost.await("it rests", () -> told("0 rests HALTED"));
        turnstile.answers = new long[] {VcpuScheduler.WAIT, VcpuScheduler.WAIT};
        asleep = false;
        TestHost.await("it is told of", () -> told("0 woken"));
        TestHost.await("it stands still", () -> {
            long before = executed.get();
            LockSupport.parkNanos(50_000_000);
            return executed.get() == before;
        });
        turnstile.answers = new long[] {LONG, VcpuScheduler.WAIT};
        Objects.requireNonNull(turnstile.context).proceed(0);
        long before = executed.get();
        TestHost.await("it goes on", () -> executed.get() > before);
    }

    @Test
    void oneThatIsNotHaltedKeepsAskingThoughTheHostDoesNotLetItRun() throws Exception {
        halted = false;
        start();
        TestHost.await("it is asked for again", () -> turnstile.asked.get() > 10);
        assertFalse(told("0 rests HALTED"), turnstile.log::toString);
    }

    @Test
    void aMachineIsPausedAndResumedWhileItIsHalted() throws Exception {
        Vm vm = start();
        TestHost.await("it rests", () -> told("0 rests HALTED"));
        vm.pause();
        vm.resume();
        asleep = false;
        TestHost.await("it is told of", () -> told("0 woken"));
        long before = executed.get();
        TestHost.await("it goes on", () -> executed.get() > before);
    }
}
