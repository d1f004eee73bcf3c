package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.Stop;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.fake.CountedCpu;
import dev.backplane.kernel.internal.fake.CountedCpu.Program;
import dev.backplane.kernel.internal.fake.ScriptCpu;
import dev.backplane.kernel.internal.fake.Teletype;
import dev.backplane.kernel.internal.fake.TestHost;
import dev.backplane.kernel.internal.fake.Typist;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Machines on virtual time, each run on a host of its own. */
@Timeout(60)
class VirtualTimeTest {
    private static final int DATA = 0x100;
    private static final int TIME = 0x101;
    private static final int OTHER = 0x102;
    private static final int POWER = 0x604;
    private static final int RESET = 0xcf9;

    @TempDir
    Path folder;

    /** A host with one machine, for one run of it. */
    private static final class Run implements AutoCloseable {
        final TestHost host = new TestHost();
        final Typist typist = new Typist();
        final Teletype teletype = new Teletype();
        final Vm vm;

        Run(Program program, int cpus, String clock) throws Exception {
            host.offer(
                    Kind.CPU,
                    "counted",
                    "1.0.0",
                    new CountedCpu(program, () -> host.board.lines.getOrDefault("tty.ready", false)));
            host.offer(Kind.DEVICE, "teletype", "1.0.0", teletype);
            host.offer(Kind.CONSOLE, "typist", "1.0.0", typist);
            vm = host.define("""
                    name: web
                    memory: 64KiB
                    cpus: %d
                    clock: %s
                    boot: {kernel: none}
                    devices:
                      - {type: teletype, id: tty}
                    """.formatted(cpus, clock));
        }

        Run start() throws VmException {
            vm.start(Duration.ZERO);
            return this;
        }

        Vm.Outcome outcome() throws Exception {
            return vm.outcome().toCompletableFuture().get(30, TimeUnit.SECONDS);
        }

        void awaitText(String text) throws InterruptedException {
            TestHost.await("the guest writes " + text, () -> typist.text().endsWith(text));
        }

        @Override
        public void close() {
            host.close();
        }
    }

    private String record() {
        return "{record: %s, hashEvery: 20000}".formatted(folder.resolve("a.rec"));
    }

    private String replay() {
        return "{replay: %s}".formatted(folder.resolve("a.rec"));
    }

    private Vm.Outcome run(Program program, int cpus, String clock) throws Exception {
        try (Run run = new Run(program, cpus, clock)) {
            return run.start().outcome();
        }
    }

    private static void assertSame(Vm.Outcome outcome) {
        assertTrue(outcome.reason().endsWith(": same as recorded"), outcome.reason());
        assertEquals(new Vm.Outcome(VmState.STOPPED, 0, outcome.reason()), outcome);
    }

    private static Stop off(CountedCpu.Core core) {
        core.exits.writePort(POWER, 2, 0x2000);
        return null;
    }

    /** Both vCPUs add to one cell in three instructions, so that they lose each other's sums; the first waits for the other. */
    private static Program race(AtomicLong result) {
        return core -> {
            long step = core.r[0]++;
            if (step < 300_000) {
                switch ((int) (step % 3)) {
                    case 0 -> core.r[1] = core.load(0);
                    case 1 -> core.r[1] = core.r[1] * 31 + core.index + 1;
                    default -> core.store(0, core.r[1]);
                }
                return null;
            }
            if (core.index == 1) {
                core.store(8, 1);
                return Stop.HALTED;
            }
            if (core.load(8) == 0) {
                return Stop.PAUSED;
            }
            result.set(core.load(0));
            return off(core);
        };
    }

    @Test
    void aRaceOfTwoVcpusHasTheSameResultInEveryRun() throws Exception {
        AtomicLong first = new AtomicLong();
        assertEquals("ACPI", run(race(first), 2, "virtual").reason());
        for (String clock : new String[] {"virtual", record(), replay(), replay()}) {
            AtomicLong again = new AtomicLong();
            Vm.Outcome outcome = run(race(again), 2, clock);
            assertEquals(first.get(), again.get(), clock);
            if (clock.contains("replay")) {
                assertSame(outcome);
            }
        }
        assertNotEquals(0, first.get());
    }

    /** Waits for bytes, writes each with the time and a random number's letter behind it, and goes off after a q. */
    private static Program echo() {
        return core -> {
            switch ((int) core.r[0]) {
                case 0 -> {
                    core.r[0] = 1;
                    return Stop.HALTED;
                }
                case 1 -> {
                    core.r[1] = core.exits.readPort(DATA, 1);
                    core.r[0] = core.r[1] == 0 ? 0 : 2;
                }
                case 2 -> {
                    core.exits.writePort(DATA, 1, (int) core.r[1]);
                    core.r[0] = 3;
                }
                case 3 -> {
                    core.exits.writePort(DATA, 1, 'a' + core.random.nextInt(26));
                    core.r[0] = 4;
                }
                case 4 -> {
                    core.store(core.r[2] % 8000 * 8, core.exits.readPort(TIME, 4));
                    core.r[2]++;
                    core.r[0] = core.r[1] == 'q' ? 5 : 1;
                }
                default -> off(core);
            }
            return null;
        };
    }

    @Test
    void whatWasTypedIsReplayedWithTheTimeAndTheRandomNumbersOfTheRecording() throws Exception {
        String text;
        try (Run run = new Run(echo(), 1, record()).start()) {
            for (String keys : "one two three".split(" ")) {
                int before = run.typist.text().length();
                run.typist.type(keys);
                TestHost.await("the echo", () -> run.typist.text().length() == before + 2 * keys.length());
            }
            run.typist.type("q");
            assertEquals("ACPI", run.outcome().reason());
            text = run.typist.text();
            assertEquals(2 * "onetwothreeq".length(), text.length());
        }
        for (int i = 0; i < 2; i++) {
            try (Run run = new Run(echo(), 1, replay())) {
                run.typist.type("what is typed now reaches nobody");
                assertSame(run.start().outcome());
                assertEquals(text, run.typist.text());
            }
        }
    }

    @Test
    void moreInputThanTheGuestTakesAtOnceIsReplayed() throws Exception {
        String keys = "0123456789".repeat(2000) + "q";
        String text;
        try (Run run = new Run(echo(), 1, record())) {
            run.typist.type(keys);
            assertEquals("ACPI", run.start().outcome().reason());
            text = run.typist.text();
        }
        try (Run run = new Run(echo(), 1, replay()).start()) {
            assertSame(run.outcome());
            assertEquals(text, run.typist.text());
        }
    }

    /** Loops, and writes a dot now and then, for ever. */
    private static Program dots() {
        return core -> {
            if (++core.r[0] % 50_000 == 0) {
                core.exits.writePort(DATA, 1, '.');
                core.store(core.r[0] / 50_000 % 8000 * 8, core.exits.readPort(TIME, 4));
            }
            return null;
        };
    }

    @Test
    void aMachineThatWasPausedAndKilledWhileItWasRecordedIsReplayed() throws Exception {
        String text;
        try (Run run = new Run(dots(), 1, record()).start()) {
            run.awaitText("...");
            for (int i = 0; i < 3; i++) {
                run.vm.pause();
                assertEquals(VmState.PAUSED, run.vm.state());
                int before = run.typist.text().length();
                Thread.sleep(20);
                assertEquals(before, run.typist.text().length());
                run.vm.resume();
                TestHost.await("it goes on", () -> run.typist.text().length() > before);
            }
            run.vm.kill("enough");
            assertEquals("enough", run.outcome().reason());
            text = run.typist.text();
        }
        try (Run run = new Run(dots(), 1, replay()).start()) {
            assertSame(run.outcome());
            assertEquals(text, run.typist.text());
        }
        try (Run run = new Run(dots(), 1, replay()).start()) {
            try {
                run.vm.pause();
                run.vm.resume();
            } catch (VmException e) {
                // A replay does not wait for anybody: it may have come to its end before.
                assertEquals(VmState.STOPPED, run.vm.state());
            }
            assertSame(run.outcome());
        }
    }

    @Test
    void aRecordingOfAProcessThatWasKilledIsReplayedAsFarAsItGoes() throws Exception {
        try (Run run = new Run(dots(), 1, record()).start()) {
            run.awaitText("....");
            run.vm.kill("enough");
            run.outcome();
        }
        Path file = folder.resolve("a.rec");
        byte[] whole = Files.readAllBytes(file);
        for (int less : new int[] {1, 100, whole.length / 2}) {
            Files.write(file, Arrays.copyOf(whole, whole.length - less));
            Vm.Outcome outcome = run(dots(), 1, replay());
            assertSame(outcome);
            assertTrue(outcome.reason().contains("as far as the recording goes"), outcome.reason());
        }
    }

    /** Resets the machine twice, which the memory tells apart, then goes off. */
    private static Program resets() {
        return core -> {
            long times = core.load(0);
            if (core.r[0]++ < 1000) {
                return null;
            }
            core.exits.writePort(DATA, 1, '0' + (int) times);
            core.store(0, times + 1);
            if (times == 2) {
                return off(core);
            }
            core.exits.writePort(RESET, 1, 6);
            return null;
        };
    }

    @Test
    void resetsAreReplayed() throws Exception {
        for (String clock : new String[] {record(), replay()}) {
            try (Run run = new Run(resets(), 1, clock).start()) {
                Vm.Outcome outcome = run.outcome();
                assertEquals("012", run.typist.text());
                if (clock.equals(replay())) {
                    assertSame(outcome);
                }
            }
        }
    }

    /** Halts a thousand times for a millisecond each. */
    private static Program sleeper() {
        return core -> {
            if (core.r[1] == 1000) {
                core.r[2] = core.exits.readPort(TIME, 4);
                core.exits.writePort(DATA, 1, core.r[2] >= 990_000 && core.r[2] < 1_010_000 ? 'y' : 'n');
                return off(core);
            }
            switch ((int) core.r[0]++ % 3) {
                case 0 -> core.exits.writePort(TIME, 4, 1000);
                case 1 -> {
                    return Stop.HALTED;
                }
                default -> {
                    core.exits.readPort(DATA, 1);
                    core.r[1]++;
                }
            }
            return null;
        };
    }

    @Test
    void whileAllVcpusAreHaltedTimeGoesToTheNextTimerAtOnce() throws Exception {
        try (Run run = new Run(sleeper(), 1, "virtual").start()) {
            run.outcome();
            assertEquals("y", run.typist.text());
        }
    }

    @Test
    void aTaskOfADeviceRunsBetweenInstructionsAndAThreadOfItsOwnIsRefused() throws Exception {
        Program program = core -> {
            switch ((int) core.r[0]++) {
                case 0 -> core.exits.writePort(OTHER, 1, 1);
                case 1 -> {
                    return Stop.HALTED;
                }
                case 2 -> core.exits.writePort(OTHER, 1, 2);
                default -> {
                    if (core.r[0] == 1_000_000_000) {
                        return off(core);
                    }
                }
            }
            return null;
        };
        try (Run run = new Run(program, 1, "virtual").start()) {
            String refused = run.teletype.ownThread.get(10, TimeUnit.SECONDS);
            assertTrue(refused.startsWith("tty sets an interrupt line on the thread"), refused);
        }
    }

    @Test
    void aGuestThatWritesMoreThanItsConsoleTakesWaitsAndLosesNothing() throws Exception {
        Program writer = core -> {
            if (core.r[0] == 200_000) {
                return off(core);
            }
            core.exits.writePort(DATA, 1, 'a' + (int) (core.r[0]++ % 26));
            return null;
        };
        try (Run run = new Run(writer, 1, "virtual")) {
            run.typist.room(10);
            run.start();
            TestHost.await("the console is full", () -> run.typist.text().length() == 10);
            run.vm.pause();
            run.vm.resume();
            run.typist.room(Integer.MAX_VALUE);
            assertEquals("ACPI", run.outcome().reason());
            assertEquals(200_000, run.typist.text().length());
        }
    }

    @Test
    void anotherGuestIsToldWithTheInstructionUpToWhichItWasTheSame() throws Exception {
        Program recorded = core -> {
            core.store(0, ++core.r[0]);
            return core.r[0] == 100_000 ? off(core) : null;
        };
        Program other = core -> {
            core.store(0, ++core.r[0]);
            if (core.r[0] == 70_001) {
                core.store(80, 1);
            }
            return core.r[0] == 100_000 ? off(core) : null;
        };
        run(recorded, 1, record());
        Vm.Outcome outcome = run(other, 1, replay());
        assertEquals(VmState.FAILED, outcome.state());
        assertEquals(1, outcome.status());
        assertTrue(
                outcome.reason()
                        .matches(
                                "the replay differs at instruction 80,000: the state hash is [0-9a-f]{64}, recorded was"
                                        + " [0-9a-f]{64}; the last state that was the same was at instruction 60,000"),
                outcome.reason());
    }

    @Test
    void aGuestThatEndsElsewhereThanTheRecordedOneIsTold() throws Exception {
        run(core -> ++core.r[0] == 15_000 ? off(core) : null, 1, record());
        Vm.Outcome early = run(core -> ++core.r[0] == 14_000 ? off(core) : null, 1, replay());
        assertEquals(VmState.FAILED, early.state());
        assertTrue(
                early.reason().contains("it ended: ACPI; the recorded machine ended at instruction 15,000"),
                early.reason());
        Vm.Outcome never = run(core -> null, 1, replay());
        assertTrue(never.reason().contains("the recorded machine ended at instruction 15,000: ACPI"), never.reason());
        Program halting = core -> {
            // Whatever has arrived: nothing wakes it then.
            core.exits.readPort(DATA, 1);
            return ++core.r[0] == 10_000 ? Stop.HALTED : null;
        };
        Vm.Outcome waits = run(halting, 1, replay());
        assertTrue(waits.reason().contains("all vCPUs wait"), waits.reason());
    }

    @Test
    void aBackendThatDoesNotCountIsRefusedAndAutoTakesAnother() throws Exception {
        try (Run run = new Run(core -> null, 1, "virtual")) {
            run.vm.remove();
            run.host.offer(Kind.CPU, "script", "1.0.0", new ScriptCpu((vcpu, rip, exits) -> null));
            Vm refused = run.host.define("{name: x, memory: 64KiB, cpu: script, clock: virtual, boot: {kernel: none}}");
            VmException e = assertThrows(VmException.class, () -> refused.start(Duration.ZERO));
            assertEquals(
                    "web.yaml:1:31: cpu.type: \"script\" cannot run on virtual time (clock: virtual): use counted",
                    e.getMessage());
        }
    }

    @Test
    void aRecordingThatCannotBeMadeIsAnErrorOfTheVmFile() throws Exception {
        Files.writeString(folder.resolve("a.rec"), "something else");
        try (Run run = new Run(echo(), 1, record())) {
            VmException e = assertThrows(VmException.class, () -> run.vm.start(Duration.ZERO));
            assertTrue(e.getMessage().startsWith("web.yaml:4:8: clock: "), e.getMessage());
            assertTrue(e.getMessage().contains("there is such a file already"), e.getMessage());
        }
        try (Run run = new Run(echo(), 1, replay())) {
            VmException e = assertThrows(VmException.class, () -> run.vm.start(Duration.ZERO));
            assertTrue(e.getMessage().contains("is no recording"), e.getMessage());
        }
    }
}
