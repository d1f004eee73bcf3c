package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.CpuException;
import dev.backplane.api.cpu.CpuProbe;
import dev.backplane.api.cpu.Stop;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.fake.Printer;
import dev.backplane.kernel.internal.fake.ScriptCpu;
import dev.backplane.kernel.internal.fake.TestHost;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code cpu: auto} where the best backend is unproven on the host. */
@Timeout(60)
class TrialTest {
    private static final Duration SILENCE = Duration.ofMillis(200);
    private static final ScriptCpu.Script SILENT = (vcpu, rip, exits) -> Stop.HALTED;
    private static final String CHOICE = "cpu: auto: new (unproven: looks good), not odd (not for everybody)";

    private final TestHost host = new TestHost(SILENCE);
    private final Printer printer = new Printer();
    private final List<String> notices = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        host.close();
    }

    /** Prints and switches off. */
    private static ScriptCpu.Script saying(String text) {
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

    private void offer(ScriptCpu.Script unproven, ScriptCpu.Script next) {
        host.offer(Kind.DEVICE, "printer", "1.0.0", printer);
        host.offer(Kind.CPU, "odd", "1.0.0", new ScriptCpu(SILENT, new CpuProbe(0, true, "not for everybody")));
        host.offer(Kind.CPU, "new", "1.0.0", new ScriptCpu(unproven, new CpuProbe(100, true, "looks good", true)));
        host.offer(Kind.CPU, "old", "1.0.0", new ScriptCpu(next, new CpuProbe(10, true, "works")));
    }

    private Vm started(String text) throws Exception {
        Vm vm = host.define(text);
        vm.notices(notices::add);
        vm.start(Duration.ZERO);
        return vm;
    }

    private void goesOnWith(String why) throws Exception {
        Vm vm = started(TestHost.FILE);
        assertEquals(new Vm.Outcome(VmState.STOPPED, 0, "ACPI"), TestHost.outcome(vm));
        assertEquals("hello", host.sink.text());
        assertEquals("old", vm.bays().getFirst().type());
        assertEquals(2, host.board.loads.get());
        assertTrue(printer.log.contains("reset SYSTEM"), printer.log.toString());
        assertEquals(
                List.of(CHOICE, "cpu: new: unproven: " + why + ": the guest starts from the beginning on old"),
                notices);
    }

    @Test
    void aGuestThatStaysSilentStartsFromTheBeginningOnTheNextBackend() throws Exception {
        offer(SILENT, saying("hello"));
        goesOnWith("the guest's consoles stayed silent for 0.200 s");
    }

    @Test
    void anEngineThatCannotGoOnBeforeTheGuestSpokeIsReplaced() throws Exception {
        offer(
                (vcpu, rip, exits) -> {
                    throw new CpuException("no such instruction");
                },
                saying("hello"));
        goesOnWith("vCPU 0: no such instruction");
    }

    @Test
    void aTripleFaultBeforeTheGuestSpokeIsBlamedOnTheBackend() throws Exception {
        offer((vcpu, rip, exits) -> Stop.SHUTDOWN, saying("hello"));
        goesOnWith("triple fault of vCPU 0");
    }

    @Test
    void aBackendOnWhichAGuestSpokeIsProvenForAllMachinesOfTheProcess() throws Exception {
        AtomicLong steps = new AtomicLong();
        offer(
                (vcpu, rip, exits) -> {
                    if (steps.getAndIncrement() == 0) {
                        exits.writePort(0x3f8, 1, 'x');
                    }
                    return Stop.HALTED;
                },
                saying("hello"));
        Vm first = started(TestHost.FILE);
        TestHost.await("it speaks", () -> host.sink.text().equals("x"));
        Vm second = started(TestHost.FILE.replace("name: web", "name: other"));
        Thread.sleep(3 * SILENCE.toMillis());
        for (Vm vm : List.of(first, second)) {
            assertEquals("new", vm.bays().getFirst().type());
            assertEquals(VmState.RUNNING, vm.state());
        }
        assertEquals(List.of(CHOICE, "cpu: auto: new (looks good), not odd (not for everybody)"), notices);
    }

    @Test
    void whatFailsAfterTheGuestSpokeIsAFailure() throws Exception {
        offer(
                (vcpu, rip, exits) -> {
                    if (rip > 100) {
                        throw new CpuException("no such instruction");
                    }
                    exits.writePort(0x3f8, 1, 'x');
                    return null;
                },
                saying("hello"));
        assertEquals(
                new Vm.Outcome(VmState.FAILED, 1, "vCPU 0: no such instruction"),
                TestHost.outcome(started(TestHost.FILE)));
    }

    @Test
    void aBackendThatFailedItsTrialIsNotChosenAgainAndTheReasonIsKept() throws Exception {
        offer(SILENT, saying("hello"));
        TestHost.outcome(started(TestHost.FILE));
        notices.clear();
        Vm second = started(TestHost.FILE.replace("name: web", "name: other"));
        TestHost.outcome(second);
        assertEquals(1, second.bays().getFirst().generation());
        assertEquals(
                List.of("cpu: auto: old (works), not new (looks good; unproven: the guest's consoles stayed silent for"
                        + " 0.200 s), not odd (not for everybody)"),
                notices);
    }

    @Test
    void aChoiceIsToldOnce() throws Exception {
        offer(saying("a"), SILENT);
        TestHost.outcome(started(TestHost.FILE));
        TestHost.outcome(started(TestHost.FILE.replace("name: web", "name: second")));
        notices.clear();
        TestHost.outcome(started(TestHost.FILE.replace("name: web", "name: third")));
        assertEquals(List.of(), notices);
    }

    @Test
    void whatWasNamedIsNotOnTrial() throws Exception {
        offer(SILENT, saying("hello"));
        Vm vm = started(TestHost.FILE + "cpu: new\n");
        Thread.sleep(3 * SILENCE.toMillis());
        assertEquals("new", vm.bays().getFirst().type());
        assertEquals(VmState.RUNNING, vm.state());
        assertEquals(List.of(), notices);
    }

    @Test
    void whileTheMachineIsPausedNothingIsHeldAgainstItsBackend() throws Exception {
        offer(SILENT, saying("hello"));
        Vm vm = started(TestHost.FILE);
        vm.pause();
        Thread.sleep(3 * SILENCE.toMillis());
        assertEquals("new", vm.bays().getFirst().type());
        vm.resume();
        TestHost.outcome(vm);
        assertEquals("hello", host.sink.text());
    }

    @Test
    void withoutAnotherBackendTheMachineFailsWithBothReasons() throws Exception {
        host.offer(Kind.DEVICE, "printer", "1.0.0", printer);
        host.offer(Kind.CPU, "new", "1.0.0", new ScriptCpu(SILENT, new CpuProbe(100, true, "looks good", true)));
        assertEquals("""
                cpu: new: unproven: the guest's consoles stayed silent for 0.200 s
                web.yaml:1:1: cpu: auto: no installed CPU backend is to be chosen on this host: new (looks good; unproven: \
                the guest's consoles stayed silent for 0.200 s); name one as cpu.type""", TestHost.outcome(started(TestHost.FILE)).reason());
    }
}
