package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.CpuException;
import dev.backplane.api.cpu.Stop;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.fake.Printer;
import dev.backplane.kernel.internal.fake.ScriptCpu;
import dev.backplane.kernel.internal.fake.TestHost;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

@Timeout(60)
class LifeCycleTest {
    private final TestHost host = new TestHost();
    private final Printer printer = new Printer();

    @AfterEach
    void close() {
        host.close();
    }

    private Vm started(ScriptCpu.Script script, String text) throws Exception {
        host.offer(Kind.CPU, "script", "1.0.0", new ScriptCpu(script));
        host.offer(Kind.DEVICE, "printer", "1.0.0", printer);
        Vm vm = host.define(text);
        vm.start(Duration.ZERO);
        return vm;
    }

    private static ScriptCpu.Script printing(String text) {
        return (vcpu, rip, exits) -> {
            int at = (int) rip - 100;
            if (at < text.length()) {
                exits.writePort(0x3f8, 1, text.charAt(at));
            } else {
                exits.writePort(0x604, 2, 0x2000);
            }
            return null;
        };
    }

    @Test
    void aGuestThatPrintsAndSwitchesOffEndsWithStatusZeroAndItsText() throws Exception {
        Vm vm = started(printing("hello"), TestHost.FILE);
        Vm.Outcome outcome = TestHost.outcome(vm);
        assertEquals(new Vm.Outcome(VmState.STOPPED, 0, "ACPI"), outcome);
        assertEquals("hello", host.sink.text());
        assertEquals(VmState.STOPPED, vm.state());
        assertEquals(List.of("create", "resume START", "quiesce", "close"), printer.log);
    }

    @Test
    void aHaltedVcpuSleepsAndAKillStillEndsTheMachine() throws Exception {
        AtomicInteger halts = new AtomicInteger();
        Vm vm = started(
                (vcpu, rip, exits) -> {
                    halts.incrementAndGet();
                    return Stop.HALTED;
                },
                TestHost.FILE);
        TestHost.await("the vCPU halts", () -> halts.get() > 0);
        vm.kill("enough");
        assertEquals(new Vm.Outcome(VmState.STOPPED, 0, "enough"), TestHost.outcome(vm));
        assertTrue(halts.get() <= 3, "a halted vCPU ran " + halts.get() + " times");
    }

    @Test
    void aMachineThatHasEndedTakesNoCommandsAndKeepsNoPluginFromGoing() throws Exception {
        Vm vm = started(printing("x"), TestHost.FILE);
        TestHost.outcome(vm);
        for (Executable command : List.<Executable>of(vm::pause, vm::resume, () -> vm.start(Duration.ZERO))) {
            VmException e =
                    assertTimeoutPreemptively(Duration.ofSeconds(10), () -> assertThrows(VmException.class, command));
            assertTrue(e.getMessage().contains("it is STOPPED"), e.getMessage());
        }
        vm.kill("again");
        assertTimeoutPreemptively(
                Duration.ofSeconds(4),
                () -> host.catalogue.remove(host.catalogue
                        .choose(Kind.DEVICE, "printer", Optional.empty())
                        .orElseThrow()));
    }

    @Test
    void thePowerButtonIsPressedWhileTheGuestRunsOnly() throws Exception {
        Vm vm = host.define(TestHost.FILE);
        assertTrue(assertThrows(VmException.class, vm::pressPowerButton)
                .getMessage()
                .endsWith("it is DEFINED"));
        vm.remove();
        Vm running = started((vcpu, rip, exits) -> Stop.HALTED, TestHost.FILE);
        running.pressPowerButton();
        assertTrue(host.board.log.contains("pressed"), host.board.log::toString);
        running.pause();
        VmException paused = assertThrows(VmException.class, running::pressPowerButton);
        assertTrue(paused.getMessage().contains("is paused"), paused.getMessage());
        assertEquals(1, host.board.log.stream().filter("pressed"::equals).count());
        running.kill("enough");
        assertThrows(VmException.class, running::pressPowerButton);
    }

    @Test
    void aPausedGuestExecutesNothingAndItsClockStands() throws Exception {
        AtomicLong steps = new AtomicLong();
        Vm vm = started(
                (vcpu, rip, exits) -> {
                    steps.incrementAndGet();
                    Thread.sleep(0, 100_000);
                    return null;
                },
                TestHost.FILE);
        TestHost.await("the guest runs", () -> steps.get() > 3);
        vm.pause();
        assertEquals(VmState.PAUSED, vm.state());
        long before = steps.get();
        Thread.sleep(50);
        assertEquals(before, steps.get());
        assertEquals("QUIESCED", vm.bays().get(0).state());
        assertThrows(VmException.class, vm::pause);
        vm.resume();
        TestHost.await("the guest runs again", () -> steps.get() > before);
        assertEquals(VmState.RUNNING, vm.state());
        assertThrows(VmException.class, vm::resume);
    }

    @Test
    void aResetStartsTheGuestAgainWithAllDevicesReset() throws Exception {
        AtomicInteger boots = new AtomicInteger();
        Vm vm = started(
                (vcpu, rip, exits) -> {
                    if (rip == 100) {
                        exits.writePort(0x3f8, 1, 'a' + boots.getAndIncrement());
                    } else {
                        exits.writePort(boots.get() < 3 ? 0xcf9 : 0x604, 1, 6);
                    }
                    return null;
                },
                TestHost.FILE);
        assertEquals(0, TestHost.outcome(vm).status());
        assertEquals("abc", host.sink.text());
        assertEquals(3, host.board.loads.get());
        // Instructions of three engines: each began at 100 and executed two.
        assertEquals(3 * 102L, vm.statistics().get("instructions"));
        assertTrue(printer.log.contains("reset SYSTEM"));
    }

    @Test
    void aResetEndsAMachineWithOnRebootExit() throws Exception {
        Vm vm = started(
                (vcpu, rip, exits) -> {
                    exits.writePort(0xcf9, 1, 6);
                    return null;
                },
                TestHost.FILE + "onReboot: exit\n");
        assertEquals(new Vm.Outcome(VmState.STOPPED, 0, "port 0xcf9"), TestHost.outcome(vm));
    }

    @Test
    void aTripleFaultResetsTheMachine() throws Exception {
        AtomicInteger boots = new AtomicInteger();
        Vm vm = started(
                (vcpu, rip, exits) -> {
                    if (boots.incrementAndGet() < 3) {
                        return Stop.SHUTDOWN;
                    }
                    exits.writePort(0x604, 2, 0);
                    return null;
                },
                TestHost.FILE);
        assertEquals(0, TestHost.outcome(vm).status());
        assertEquals(3, host.board.loads.get());
    }

    @Test
    void aGuestThatTheCpuCannotRunFailsTheMachineWithTheReport() throws Exception {
        Vm vm = started(
                (vcpu, rip, exits) -> {
                    throw new CpuException("0f 0b at 0x1000");
                },
                TestHost.FILE);
        Vm.Outcome outcome = TestHost.outcome(vm);
        assertEquals(VmState.FAILED, outcome.state());
        assertEquals("vCPU 0: 0f 0b at 0x1000", outcome.reason());
    }

    @Test
    void aVcpuThatWaitsForABayStopsTheOthersAndTheClockAfterAMoment() throws Exception {
        AtomicLong steps = new AtomicLong();
        Vm vm = started(
                (vcpu, rip, exits) -> {
                    if (vcpu == 0) {
                        exits.writePort(0x3f8, 1, 'x');
                    } else {
                        steps.incrementAndGet();
                    }
                    Thread.sleep(1);
                    return null;
                },
                TestHost.FILE + "cpus: 2\nonVacant: wait\n");
        TestHost.await("both run", () -> steps.get() > 3 && host.sink.text().length() > 3);
        host.board.log.clear();
        host.catalogue.remove(
                host.catalogue.choose(Kind.DEVICE, "printer", Optional.empty()).orElseThrow());
        TestHost.await("the machine stands", () -> host.board.log.contains("standing"));
        long before = steps.get();
        Thread.sleep(50);
        assertEquals(before, steps.get());
        assertEquals(VmState.RUNNING, vm.state(), "it is not paused: only its guest waits");
        host.offer(Kind.DEVICE, "printer", "1.0.0", printer);
        TestHost.await("both run again", () -> steps.get() > before);
        assertEquals(List.of("standing", "connected", "running"), host.board.log);
    }

    @Test
    void twoVcpusRunAtTheSameTime() throws Exception {
        AtomicInteger seen = new AtomicInteger();
        Vm vm = started(
                (vcpu, rip, exits) -> {
                    seen.updateAndGet(bits -> bits | 1 << vcpu);
                    if (vcpu == 0 && seen.get() == 3) {
                        exits.writePort(0x604, 2, 0);
                    }
                    Thread.sleep(1);
                    return null;
                },
                TestHost.FILE + "cpus: 2\n");
        assertEquals(0, TestHost.outcome(vm).status());
    }
}
