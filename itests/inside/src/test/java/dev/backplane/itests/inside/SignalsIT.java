package dev.backplane.itests.inside;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import dev.backplane.api.cpu.CpuBackend;
import dev.backplane.api.cpu.CpuProbe;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.api.vm.VmState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.inject.Inject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;

/** Notifications of a real device and its interrupts, on every CPU backend, and by the host's event counters where it has KVM. */
@RunWith(SkippingPaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class SignalsIT {
    private static final String BY_COUNTERS = "kvm";
    private static final String BY_EXITS = "{type: kvm, events: false}";
    private static final Duration GUEST = Duration.ofSeconds(60);
    private static final int ROUNDS = 2000;
    private static final int CYCLES = 20;
    /** Of the CPU backend. The guest makes fewer rounds than {@link #ROUNDS} from one to the next, so that it is there for all of them. */
    private static final int CHANGES = Math.max(10, Integer.getInteger("itests.swaps", 30) / 3);

    @Inject
    private BundleContext context;

    @Inject
    private VmManager vms;

    @Configuration
    public Option[] configuration() {
        return Distribution.with();
    }

    private void needKvm() throws InvalidSyntaxException {
        var reference = context.getServiceReferences(CpuBackend.class, "(cpu.type=kvm)")
                .iterator()
                .next();
        CpuProbe probe = context.getService(reference).probe();
        if (!probe.usable()) {
            throw new SkippedError("signals on KVM: " + probe.reason());
        }
    }

    private void runToTheEnd(String cpu, int rounds) throws Exception {
        try (var machine = EntropyMachine.plugged(vms, "entropy", cpu, rounds)) {
            long began = System.nanoTime();
            machine.start();
            var outcome = machine.awaitEnd();
            double seconds = (System.nanoTime() - began) / 1e9;
            assertEquals(cpu + ": " + outcome, EntropyMachine.GOOD, outcome.status());
            System.out.printf("%s: %,.0f round trips/s%n", cpu, rounds / seconds);
        }
    }

    @Test
    public void theSameGuestFindsNoMistakeOnTheSoftwareProcessors() throws Exception {
        runToTheEnd("soft", ROUNDS);
        runToTheEnd("bt", ROUNDS);
    }

    @Test
    public void theSameGuestFindsNoMistakeOnKvmEitherWay() throws Exception {
        needKvm();
        runToTheEnd(BY_EXITS, ROUNDS);
        runToTheEnd(BY_COUNTERS, ROUNDS);
    }

    @Test
    public void notificationsAndInterruptsGoByCounters() throws Exception {
        needKvm();
        try (var machine = EntropyMachine.plugged(vms, "entropy", BY_COUNTERS, Integer.MAX_VALUE)) {
            machine.start();
            CountingMachine.await("the guest rings", () -> machine.statistic("doorbells") > 500);
            long doorbells = machine.statistic("doorbells");
            long messages = machine.statistic("interrupts.messages");
            assertTrue(messages + " messages, " + doorbells + " doorbells", messages < doorbells / 4);
        }
    }

    @Test
    public void noNotificationIsLostInAPause() throws Exception {
        needKvm();
        try (var machine = EntropyMachine.plugged(vms, "entropy", BY_COUNTERS, 5 * ROUNDS)) {
            machine.start();
            for (int i = 0; i < 25 && machine.vm().state() == VmState.RUNNING; i++) {
                Thread.sleep(5);
                try {
                    machine.vm().pause();
                    machine.vm().resume();
                } catch (VmException e) {
                    // It has ended meanwhile.
                }
            }
            var outcome = machine.awaitEnd();
            assertEquals(outcome.toString(), EntropyMachine.GOOD, outcome.status());
        }
    }

    @Test
    public void noNotificationIsLostWhileTheDeviceIsReplaced() throws Exception {
        replaceUnderWay("dev.backplane.device.virtio.rng");
    }

    @Test
    public void noNotificationAndNoInterruptIsLostWhileTheEngineIsReplaced() throws Exception {
        replaceUnderWay("dev.backplane.cpu.kvm");
    }

    private void replaceUnderWay(String name) throws Exception {
        needKvm();
        Bundle plugin = Arrays.stream(context.getBundles())
                .filter(bundle -> bundle.getSymbolicName().equals(name))
                .findFirst()
                .orElseThrow();
        try (var machine = EntropyMachine.plugged(vms, "entropy", BY_COUNTERS, 4 * ROUNDS)) {
            machine.start();
            for (int i = 0; i < 3; i++) {
                long before = machine.statistic("doorbells");
                CountingMachine.await("the guest rings", () -> machine.statistic("doorbells") > before + 20);
                plugin.stop();
                Thread.sleep(50);
                plugin.start();
            }
            var outcome = machine.awaitEnd();
            assertEquals(outcome.toString(), EntropyMachine.GOOD, outcome.status());
        }
    }

    @Test
    public void noNotificationAndNoInterruptIsLostWhileSoftwareAndKvmTakeTurns() throws Exception {
        needKvm();
        try (var machine = EntropyMachine.plugged(vms, "entropy", "soft", CHANGES * ROUNDS)) {
            machine.start();
            List<Duration> closed = new ArrayList<>();
            for (int i = 0; i < CHANGES; i++) {
                TimeUnit.MILLISECONDS.sleep(2);
                closed.add(
                        machine.vm().setCpu(i % 2 == 0 ? BY_COUNTERS : "soft").gateClosed());
            }
            var outcome = machine.awaitEnd();
            assertEquals(outcome.toString(), EntropyMachine.GOOD, outcome.status());
            closed.sort(null);
            System.out.printf(
                    "soft and kvm in turns: gate closed: p50 %.2f ms, longest %.2f ms (%d)%n",
                    closed.get((CHANGES - 1) / 2).toNanos() / 1e6,
                    closed.getLast().toNanos() / 1e6,
                    CHANGES);
        }
    }

    @Test
    public void aDeviceThatIsUnpluggedWithSignalsUnderWayLeavesNothingBehind() throws Exception {
        needKvm();
        try (var machine = EntropyMachine.withSlot(vms, "slot", BY_COUNTERS)) {
            machine.start();
            cycle(machine);
            TimeUnit.SECONDS.sleep(3); // The part's idle threads are gone then.
            long descriptors = descriptors();
            for (int i = 1; i < CYCLES; i++) {
                cycle(machine);
            }
            assertEquals(descriptors, descriptors());
            assertEquals(VmState.RUNNING, machine.vm().state());
        }
    }

    private static void cycle(EntropyMachine machine) throws VmException, InterruptedException {
        long before = machine.statistic("doorbells");
        machine.plug();
        CountingMachine.await(
                "the guest rings", () -> machine.hasEnded() || machine.statistic("doorbells") > before + 20);
        assertEquals("", machine.end());
        machine.vm().removeDevice("rng", GUEST);
    }

    private static long descriptors() throws IOException {
        try (var all = Files.list(Path.of("/proc/self/fd"))) {
            return all.count();
        }
    }
}
