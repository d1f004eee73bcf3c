package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.ExitHandler;
import dev.backplane.api.vm.RestoreOptions;
import dev.backplane.api.vm.SnapshotOptions;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.fake.Doorman;
import dev.backplane.kernel.internal.fake.ScriptCpu;
import dev.backplane.kernel.internal.fake.TestHost;
import dev.backplane.kernel.internal.fake.Turnstile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A machine gets a scheduler of another type while it runs. */
@Timeout(120)
class SchedulerTypeTest {
    private static final long SHORT = 2_000_000;
    private static final String FILE = """
            name: web
            memory: 64KiB
            cpus: 2
            boot: {kernel: none}
            scheduler: {type: turnstile, weight: 300}
            """;

    private final TestHost host = new TestHost();
    private final Turnstile turnstile = new Turnstile(SHORT, SHORT);
    private final Doorman doorman = new Doorman();
    private final Map<ExitHandler, AtomicLong> executed = new ConcurrentHashMap<>();

    @TempDir
    Path folder;

    SchedulerTypeTest() {
        offer(host, turnstile, doorman);
    }

    @AfterEach
    void close() {
        host.close();
    }

    private void offer(TestHost to, Turnstile one, Doorman other) {
        to.offer(Kind.CPU, "script", "1.0.0", new ScriptCpu((vcpu, rip, exits) -> {
            executed.computeIfAbsent(exits, any -> new AtomicLong()).incrementAndGet();
            Thread.onSpinWait();
            return null;
        }));
        to.offer(Kind.SCHEDULER, "turnstile", "1.0.0", one);
        to.offer(Kind.SCHEDULER, "doorman", "1.0.0", other);
    }

    private Vm start(String file) throws Exception {
        Vm vm = host.define(file);
        vm.start(Duration.ZERO);
        return vm;
    }

    /** So many vCPUs of all machines together get on: those of running machines, each for itself. */
    private void awaitProgress(int vcpus) throws Exception {
        Map<ExitHandler, Long> before = new HashMap<>();
        executed.forEach((vcpu, count) -> before.put(vcpu, count.get()));
        TestHost.await(
                "%d vCPUs run".formatted(vcpus),
                () -> executed.entrySet().stream()
                                .filter(vcpu -> vcpu.getValue().get() > before.getOrDefault(vcpu.getKey(), 0L) + 10)
                                .count()
                        == vcpus);
    }

    private static Vm.BayInfo scheduler(Vm vm) {
        return vm.bays().stream()
                .filter(bay -> bay.id().equals("scheduler"))
                .findFirst()
                .orElseThrow();
    }

    private void awaitAsked() throws InterruptedException {
        long before = turnstile.asked.get();
        TestHost.await("it is asked", () -> turnstile.asked.get() > before + 4);
    }

    @Test
    void itBeginsAnewAndTheWayBackHasTheOptionsThatItHadLast() throws Exception {
        Vm vm = start(FILE);
        awaitAsked();
        vm.configure("scheduler", Map.of("weight", "400"));
        Vm.Replaced there = vm.setScheduler("doorman");
        assertEquals("test.doorman 1.0.0", there.to());
        assertEquals(Optional.of("test.turnstile 1.0.0"), there.from());
        assertEquals("doorman", scheduler(vm).type());
        assertEquals("RUNNING", scheduler(vm).state());
        assertTrue(doorman.log.contains("new for {0, 1} of 2 vCPUs of web"), doorman.log::toString);
        assertEquals(1, doorman.there.get());
        long asked = turnstile.asked.get();
        awaitProgress(2);
        assertEquals(asked, turnstile.asked.get());

        vm.setScheduler("turnstile");
        assertEquals("made from 0", turnstile.log.getLast());
        assertEquals(400, turnstile.given.weight());
        assertEquals(0, doorman.there.get());
        awaitAsked();
        awaitProgress(2);
        assertFalse(turnstile.log.contains("asked after its end"));
        vm.setScheduler("{type: turnstile, weight: 500}");
        assertEquals(500, turnstile.given.weight());
        assertFalse(turnstile.log.getLast().equals("made from 0"), "the same type goes on from what it knew");
        awaitProgress(2);
    }

    @Test
    void oneThatRefusesLeavesTheOldOneAsItWas() throws Exception {
        Vm vm = start(FILE);
        List<String> refused = List.of("{type: doorman, most: 0}", "{type: doorman, least: 1}", "porter", "turnstile");
        List<String> why =
                List.of("there is no room for more than 0", "least", "offered are doorman, turnstile", "already");
        for (int i = 0; i < refused.size(); i++) {
            String wanted = refused.get(i);
            String message = assertThrows(VmException.class, () -> vm.setScheduler(wanted))
                    .getMessage();
            assertTrue(message.contains(why.get(i)), message);
            assertEquals("turnstile", scheduler(vm).type());
            awaitAsked();
            awaitProgress(2);
        }
        vm.setScheduler("doorman");
        assertEquals("doorman", scheduler(vm).type(), "what was refused is not remembered");
    }

    @Test
    void oneThatCannotBeginGivesTheTurnsBackToTheOldOne() throws Exception {
        Vm vm = start(FILE);
        awaitAsked();
        doorman.ill = true;
        String message = assertThrows(VmException.class, () -> vm.setScheduler("doorman"))
                .getMessage();
        assertTrue(message.contains("not today") && message.contains("goes on as it was"), message);
        assertEquals("turnstile", scheduler(vm).type());
        assertEquals("RUNNING", scheduler(vm).state());
        awaitAsked();
        awaitProgress(2);
    }

    @Test
    void machinesThatShareOneAreIndependent() throws Exception {
        Vm web = start(FILE);
        Vm data = start(FILE.replace("web", "data"));
        data.setScheduler("doorman");
        assertEquals("turnstile", scheduler(web).type());
        web.setScheduler("doorman");
        data.setScheduler("turnstile");
        awaitAsked();
        awaitProgress(4);
        assertThrows(VmException.class, () -> data.setScheduler("{type: doorman, most: 1}"));
        web.kill("test");
        data.setScheduler("{type: doorman, most: 1}");
        awaitProgress(2);
    }

    @Test
    void aPausedMachineHasItWhenItGoesOn() throws Exception {
        Vm vm = start(FILE);
        vm.pause();
        vm.setScheduler("doorman");
        assertEquals(VmState.PAUSED, vm.state());
        vm.resume();
        assertEquals("RUNNING", scheduler(vm).state());
        awaitProgress(2);
    }

    @Test
    void oneThatHasFailedIsReplacedByAnother() throws Exception {
        Vm vm = start(FILE);
        turnstile.fault = new IllegalStateException("no idea");
        TestHost.await("it has failed", () -> scheduler(vm).state().equals("FAILED"));
        assertThrows(VmException.class, () -> vm.setScheduler("{type: doorman, most: 0}"));
        assertEquals("turnstile", scheduler(vm).type());
        Vm.Replaced replaced = vm.setScheduler("doorman");
        assertEquals(Optional.empty(), replaced.from());
        assertEquals("RUNNING", scheduler(vm).state());
        assertEquals("doorman", scheduler(vm).type());
        awaitProgress(2);
    }

    @Test
    void snapshotsAndDefinitionsAsTheyAreRestoredHaveIt() throws Exception {
        Vm vm = start(FILE);
        vm.configure("scheduler", Map.of("weight", "400"));
        vm.setScheduler("{type: doorman, most: 7}");
        Path kept = folder.resolve("kept");
        vm.snapshot(kept, SnapshotOptions.PLAIN);
        vm.kill("test");
        Turnstile one = new Turnstile(SHORT, SHORT);
        Doorman other = new Doorman();
        try (TestHost later = new TestHost()) {
            offer(later, one, other);
            Vm restored = later.kernel.restore(kept, RestoreOptions.PLAIN);
            assertTrue(
                    restored.definition().text().contains("doorman"),
                    restored.definition().text());
            restored.start(Duration.ZERO);
            assertEquals("doorman", scheduler(restored).type());
            assertTrue(other.log.contains("again web for {0, 1} of 2 vCPUs of web"), other.log::toString);
            awaitProgress(2);
            restored.kill("test");
            Vm another = later.kernel.restore(
                    kept, new RestoreOptions(Optional.of("back"), Map.of("scheduler", "turnstile"), Optional.empty()));
            another.start(Duration.ZERO);
            assertEquals("made from 0", one.log.getFirst());
            awaitProgress(2);
        }
    }
}
