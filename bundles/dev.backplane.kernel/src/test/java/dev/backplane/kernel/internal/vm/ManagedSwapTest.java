package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.CpuProbe;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.fake.Printer;
import dev.backplane.kernel.internal.fake.ScriptCpu;
import dev.backplane.kernel.internal.fake.Teletype;
import dev.backplane.kernel.internal.fake.TestHost;
import dev.backplane.kernel.internal.plan.Impact;
import dev.backplane.kernel.internal.plan.Replacement;
import dev.backplane.kernel.internal.plan.SwapReport;
import dev.backplane.kernel.internal.plan.SwapReport.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The alphabet is printed over and over while what prints it, or runs it, is moved to a plugin that is installed beside the old one. */
@Timeout(120)
class ManagedSwapTest {
    private static final Duration BAY = Duration.ofSeconds(2);

    private final TestHost host = new TestHost();
    private final AtomicBoolean enough = new AtomicBoolean();
    private final CountDownLatch hanging = new CountDownLatch(1);
    private final Offer cpu = offerCpu("1.0.0");
    private final Printer oldPrinter = new Printer();
    private final Printer newPrinter = new Printer();

    private Offer offerCpu(String version) {
        return host.offer(Kind.CPU, "script", version, new ScriptCpu((vcpu, rip, exits) -> {
            if (enough.get()) {
                exits.writePort(0x604, 2, 0);
            } else {
                exits.writePort(0x3f8, 1, 'a' + (int) (rip % 26));
                if (rip % 64 == 0) {
                    Thread.sleep(1);
                }
            }
            return null;
        }));
    }

    @AfterEach
    void close() {
        hanging.countDown();
        host.close();
    }

    private Offer offer(Printer printer, String version) {
        return host.offer(Kind.DEVICE, "printer", version, printer);
    }

    private Vm start() throws Exception {
        Vm vm = host.define(TestHost.FILE);
        vm.start(Duration.ZERO);
        awaitProgress();
        return vm;
    }

    private void awaitProgress() throws InterruptedException {
        int before = host.sink.text().length();
        TestHost.await("the guest prints", () -> host.sink.text().length() > before + 100);
    }

    private SwapReport move(Offer old, Offer next) throws VmException {
        return host.kernel.swaps().move("web", Replacement.of(old, next), BAY);
    }

    private void stopAndCompare(Vm vm) throws Exception {
        awaitProgress();
        enough.set(true);
        assertEquals(VmState.STOPPED, TestHost.outcome(vm).state());
        String printed = host.sink.text();
        for (int i = 0; i < printed.length(); i++) {
            assertEquals('a' + (i + 100) % 26, printed.charAt(i), "byte " + i + " of " + printed.length());
        }
    }

    /** The new printer fails at a moment. */
    private SwapReport moveToOneThat(String moment, Runnable fails) throws Exception {
        newPrinter.hooks.add(now -> {
            if (now.equals(moment)) {
                fails.run();
            }
        });
        Offer old = offer(oldPrinter, "1.0.0");
        Vm vm = start();
        SwapReport report = move(old, offer(newPrinter, "2.0.0"));
        awaitProgress();
        assertEquals("test.printer 1.0.0", TestHost.bay(vm, "out").bundle().orElseThrow());
        assertEquals(List.of(Outcome.ROLLED_BACK), outcomes(report));
        assertTrue(
                report.failure()
                        .orElseThrow()
                        .startsWith("web/out stays with test.printer 1.0.0: test.printer 2.0.0 cannot take over: "),
                report.toString());
        assertEquals("resume ROLLBACK", oldPrinter.log.getLast());
        stopAndCompare(vm);
        return report;
    }

    private static List<Outcome> outcomes(SwapReport report) {
        return report.moves().stream().map(SwapReport.Move::outcome).toList();
    }

    @Test
    void aDeviceMovesToAndFroAndLosesDoublesAndReordersNoByte() throws Exception {
        Offer one = offer(oldPrinter, "1.0.0");
        Vm vm = start();
        Offer two = offer(newPrinter, "2.0.0");
        for (int round = 0; round < 20; round++) {
            SwapReport report = round % 2 == 0 ? move(one, two) : move(two, one);
            assertTrue(report.succeeded(), report.toString());
            assertTrue(report.moves().getFirst().gateClosedNanos() > 0);
            awaitProgress();
        }
        assertEquals(21, TestHost.bay(vm, "out").generation());
        assertEquals(List.of("restore", "health", "resume SWAP"), newPrinter.log.subList(0, 3));
        stopAndCompare(vm);
    }

    @Test
    void theNewPartRunsBeforeTheOldOneIsClosed() throws Exception {
        Offer old = offer(oldPrinter, "1.0.0");
        Vm vm = start();
        newPrinter.hooks.add(moment -> {
            // The guest waits for the new one, and for nothing else.
            if (moment.equals("health") || moment.equals("resume SWAP")) {
                assertFalse(oldPrinter.log.contains("close"), oldPrinter.log.toString());
            }
        });
        SwapReport report = move(old, offer(newPrinter, "2.0.0"));
        assertTrue(report.succeeded(), report.toString());
        assertTrue(oldPrinter.log.contains("close"), oldPrinter.log.toString());
        assertEquals("RUNNING", TestHost.bay(vm, "out").state());
        stopAndCompare(vm);
    }

    @Test
    void theEngineMovesAndTheGuestGoesOnAtItsInstruction() throws Exception {
        offer(oldPrinter, "1.0.0");
        Vm vm = start();
        Offer from = cpu;
        for (int round = 0; round < 5; round++) {
            Offer to = offerCpu("1.0." + round);
            SwapReport report = move(from, to);
            assertTrue(report.succeeded(), report.toString());
            awaitProgress();
            from = to;
        }
        assertEquals("test.script 1.0.4", TestHost.bay(vm, "cpu").bundle().orElseThrow());
        stopAndCompare(vm);
    }

    @Test
    void aPartThatThrowsInRestoreIsRolledBack() throws Exception {
        SwapReport report = moveToOneThat("restore", () -> {
            throw new IllegalStateException("no paper");
        });
        assertTrue(report.failure().orElseThrow().contains("no paper"), report.toString());
        assertEquals(List.of("restore"), newPrinter.log);
    }

    @Test
    void aPartThatHangsInRestoreIsRolledBackAndIsCutOffWhenItComesBack() throws Exception {
        CountDownLatch back = new CountDownLatch(1);
        SwapReport report = moveToOneThat("restore", () -> {
            awaitUninterruptibly(hanging);
            back.countDown();
        });
        assertTrue(report.failure().orElseThrow().contains("restore has not returned in time"), report.toString());
        hanging.countDown();
        back.await();
        assertEquals(List.of("restore"), newPrinter.log);
    }

    @Test
    void aPartWhoseHealthCheckFailsIsRolledBackAndClosed() throws Exception {
        SwapReport report = moveToOneThat("health", () -> {
            throw new IllegalStateException("no ink");
        });
        assertTrue(report.failure().orElseThrow().contains("its health check failed"), report.toString());
        assertEquals(List.of("restore", "health", "close"), newPrinter.log);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        while (true) {
            try {
                latch.await();
                return;
            } catch (InterruptedException e) {
                // A part that ignores even that.
            }
        }
    }

    @Test
    void aPartThatCannotComeToRestIsFencedAndTheNewOneTakesItsPlace() throws Exception {
        oldPrinter.hooks.add(moment -> {
            if (moment.equals("quiesce")) {
                awaitUninterruptibly(hanging);
            }
        });
        Offer old = offer(oldPrinter, "1.0.0");
        Vm vm = start();
        SwapReport report = move(old, offer(newPrinter, "2.0.0"));
        assertTrue(report.succeeded(), report.toString());
        assertEquals(List.of(Outcome.FENCED), outcomes(report));
        assertEquals("test.printer 2.0.0", TestHost.bay(vm, "out").bundle().orElseThrow());
        stopAndCompare(vm);
    }

    @Test
    void aPartThatFailsWhenItHasBegunToRunIsFollowedByTheOldOneWithAReset() throws Exception {
        newPrinter.hooks.add(moment -> {
            if (moment.startsWith("resume")) {
                throw new IllegalStateException("too late");
            }
        });
        Offer old = offer(oldPrinter, "1.0.0");
        Vm vm = start();
        SwapReport report = move(old, offer(newPrinter, "2.0.0"));
        assertEquals(List.of(Outcome.FAILED), outcomes(report));
        assertTrue(report.failure().orElseThrow().contains("too late"), report.toString());
        assertEquals("test.printer 1.0.0", TestHost.bay(vm, "out").bundle().orElseThrow());
        assertBeganWithAReset();
        awaitProgress();
    }

    /** The new one fails when it has begun to run, and the old one as long as it is told to. */
    private Offer loseThePart(AtomicBoolean oldFails) throws Exception {
        newPrinter.hooks.add(moment -> {
            if (moment.startsWith("resume")) {
                throw new IllegalStateException("too late");
            }
        });
        oldPrinter.hooks.add(moment -> {
            if (moment.equals("create") && oldFails.get()) {
                throw new IllegalStateException("no paper");
            }
        });
        Offer old = offer(oldPrinter, "1.0.0");
        start();
        oldFails.set(true);
        Offer next = offer(newPrinter, "2.0.0");
        SwapReport report = move(old, next);
        host.catalogue.remove(next);
        assertEquals(List.of(Outcome.FAILED), outcomes(report));
        assertTrue(
                report.failure()
                        .orElseThrow()
                        .startsWith(
                                "web/out has lost its part when test.printer 2.0.0 was to take over from test.printer 1.0.0: "),
                report.toString());
        assertTrue(report.failure().orElseThrow().contains("too late"), report.toString());
        assertTrue(report.failure().orElseThrow().contains("no paper"), report.toString());
        return old;
    }

    @Test
    void aLostPartIsMadeAnewFromATypeThatHasFailedThereWhenItIsAskedFor() throws Exception {
        AtomicBoolean oldFails = new AtomicBoolean();
        Offer old = loseThePart(oldFails);
        Vm vm = host.kernel.find("web").orElseThrow();
        assertEquals("FAILED", TestHost.bay(vm, "out").state());
        host.kernel.swaps().refill("web", List.of(old));
        assertEquals("FAILED", TestHost.bay(vm, "out").state());
        assertTrue(
                TestHost.bay(vm, "out").note().contains("no paper"),
                TestHost.bay(vm, "out").note());
        oldFails.set(false);
        host.kernel.swaps().refill("web", List.of(old));
        assertEquals("test.printer 1.0.0", TestHost.bay(vm, "out").bundle().orElseThrow());
        assertBeganWithAReset();
        awaitProgress();
    }

    @Test
    void aBayThatHasLostItsPartInAMoveIsRestarted() throws Exception {
        AtomicBoolean oldFails = new AtomicBoolean();
        loseThePart(oldFails);
        Vm vm = host.kernel.find("web").orElseThrow();
        VmException again = assertThrows(VmException.class, () -> vm.restart("out"));
        assertTrue(
                again.getMessage().contains("no paper") || again.getMessage().contains("too late"), again.getMessage());
        oldFails.set(false);
        assertTrue(vm.restart("out").byReset());
        assertEquals("test.printer 1.0.0", TestHost.bay(vm, "out").bundle().orElseThrow());
        awaitProgress();
    }

    @Test
    void aPartThatIsLostInARehearsalIsToldOf() throws Exception {
        AtomicBoolean ill = new AtomicBoolean();
        oldPrinter.hooks.add(moment -> {
            if (moment.equals("resume PAUSE") && ill.get()) {
                throw new IllegalStateException("no paper");
            }
        });
        Offer old = offer(oldPrinter, "1.0.0");
        Vm vm = start();
        ill.set(true);
        SwapReport report = host.kernel.swaps().rehearse("web", Replacement.of(old, offer(newPrinter, "2.0.0")), BAY);
        assertEquals(List.of(Outcome.FAILED), outcomes(report));
        assertTrue(report.failure().orElseThrow().contains("no paper"), report.toString());
        assertFalse(report.failure().orElseThrow().contains("Nothing was changed"), report.toString());
    }

    @Test
    void aRehearsalTellsWhatIsWrongAndTheOldPartGoesOn() throws Exception {
        Offer old = offer(oldPrinter, "1.0.0");
        Vm vm = start();
        Offer next = offer(newPrinter, "2.0.0");
        SwapReport good = host.kernel.swaps().rehearse("web", Replacement.of(old, next), BAY);
        assertTrue(good.succeeded(), good.toString());
        assertEquals(List.of("restore", "health", "close"), newPrinter.log);
        newPrinter.hooks.add(moment -> {
            throw new IllegalStateException("no paper");
        });
        SwapReport bad = host.kernel.swaps().rehearse("web", Replacement.of(old, next), BAY);
        assertTrue(bad.failure().orElseThrow().contains("no paper"), bad.toString());
        assertEquals(1, TestHost.bay(vm, "out").generation());
        stopAndCompare(vm);
    }

    @Test
    void anotherShapeIsRefusedBeforeAnythingIsTouched() throws Exception {
        refused(new Printer(2), "another shape");
    }

    private void refused(Object factory, String why) throws Exception {
        Offer old = offer(oldPrinter, "1.0.0");
        Vm vm = start();
        Offer next = host.offer(Kind.DEVICE, "printer", "2.0.0", factory);
        Impact impact = host.kernel.swaps().preview("web", Replacement.of(old, next));
        assertEquals(1, impact.refusals().size());
        assertTrue(impact.refusals().getFirst().contains(why), impact.toString());
        SwapReport report = move(old, next);
        assertTrue(report.failure().orElseThrow().contains(why), report.toString());
        assertEquals(List.of(), report.moves());
        assertFalse(oldPrinter.log.contains("quiesce"), oldPrinter.log.toString());
        stopAndCompare(vm);
    }

    @Test
    void aStateThatTheNewPartDoesNotReadIsRefused() throws Exception {
        refused(new Teletype(), "test.printer 1.0.0 writes version 2 of state printer: test.printer 2.0.0 reads");
    }

    @Test
    void aPinIsObeyed() throws Exception {
        Offer old = offer(oldPrinter, "1.0.0");
        Vm vm = host.define(TestHost.FILE.replace("id: out", "id: out, version: \"[1.0,2.0)\""));
        vm.start(Duration.ZERO);
        awaitProgress();
        SwapReport report = move(old, offer(newPrinter, "2.0.0"));
        assertTrue(report.failure().orElseThrow().contains("pinned by version: \"[1.0.0,2.0.0)\""), report.toString());
        assertEquals(List.of(), newPrinter.log);
        stopAndCompare(vm);
    }

    @Test
    void theImpactNamesWhatRestsAndWhetherThereIsAWayBack() throws Exception {
        Offer printer = offer(oldPrinter, "1.0.0");
        Vm vm = start();
        Impact device = host.kernel.swaps().preview("web", Replacement.of(printer, offer(newPrinter, "2.0.0")));
        assertEquals(List.of(), device.refusals());
        assertTrue(device.hasWayBack());
        assertEquals("printer/2 -> printer/2", device.bays().getFirst().state().toString());
        assertEquals(List.of("out"), device.bays().getFirst().pauses());
        Offer console = host.catalogue
                .candidates(Kind.CONSOLE, "sink", Optional.empty())
                .getFirst();
        Impact beneath = host.kernel
                .swaps()
                .preview("web", Replacement.of(console, host.offer(Kind.CONSOLE, "sink", "2.0.0", host.sink)));
        assertEquals(List.of("out.console", "out"), beneath.bays().getFirst().pauses());
        stopAndCompare(vm);
    }

    @Test
    void aBayThatHadMovedGoesBackWhenTheNextOneFails() throws Exception {
        Offer one = offer(oldPrinter, "1.0.0");
        Vm vm = host.define(TestHost.FILE + "  - {type: printer, id: copy, port: 0x2f8}\n");
        vm.start(Duration.ZERO);
        awaitProgress();
        AtomicBoolean first = new AtomicBoolean(true);
        newPrinter.hooks.add(moment -> {
            if (moment.equals("restore") && !first.getAndSet(false)) {
                throw new IllegalStateException("only one");
            }
        });
        SwapReport report = move(one, offer(newPrinter, "2.0.0"));
        assertEquals(List.of(Outcome.MOVED, Outcome.ROLLED_BACK, Outcome.MOVED), outcomes(report));
        assertTrue(
                report.failure().orElseThrow().endsWith("out had moved, and has been moved back."), report.toString());
        assertEquals("test.printer 1.0.0", TestHost.bay(vm, "out").bundle().orElseThrow());
        assertEquals("test.printer 1.0.0", TestHost.bay(vm, "copy").bundle().orElseThrow());
        stopAndCompare(vm);
    }

    @Test
    void aPausedMachineMovesAndStaysPaused() throws Exception {
        Offer one = offer(oldPrinter, "1.0.0");
        Vm vm = start();
        vm.pause();
        SwapReport report = move(one, offer(newPrinter, "2.0.0"));
        assertTrue(report.succeeded(), report.toString());
        assertEquals(VmState.PAUSED, vm.state());
        assertEquals(List.of("restore", "health"), newPrinter.log);
        vm.resume();
        stopAndCompare(vm);
    }

    @Test
    void aMachineChangesItsCpuBackendAndIsRefusedWhatCannotRunIt() throws Exception {
        offer(oldPrinter, "1.0.0");
        Vm vm = start();
        host.offer(Kind.CPU, "other", "1.0.0", new ScriptCpu((vcpu, rip, exits) -> {
            exits.writePort(enough.get() ? 0x604 : 0x3f8, 1, enough.get() ? 0 : 'a' + (int) (rip % 26));
            return null;
        }));
        host.offer(
                Kind.CPU,
                "broken",
                "1.0.0",
                new ScriptCpu((vcpu, rip, exits) -> null, new CpuProbe(5, false, "no such CPU here")));
        Vm.Replaced replaced = vm.setCpu("other");
        assertEquals("test.other 1.0.0", replaced.to());
        assertEquals(Optional.of("test.script 1.0.0"), replaced.from());
        assertTrue(replaced.gateClosed().isPositive());
        assertEquals("other", TestHost.bay(vm, "cpu").type());
        awaitProgress();
        VmException unusable = assertThrows(VmException.class, () -> vm.setCpu("broken"));
        assertTrue(unusable.getMessage().contains("no such CPU here"), unusable.getMessage());
        VmException unknown = assertThrows(VmException.class, () -> vm.setCpu("none"));
        assertTrue(unknown.getMessage().contains("offered are broken, other, script"), unknown.getMessage());
        VmException same = assertThrows(VmException.class, () -> vm.setCpu("other"));
        assertTrue(same.getMessage().contains("already"), same.getMessage());
        stopAndCompare(vm);
    }

    @Test
    void aCpuBackendHasTheOptionsThatItIsGivenOrHadLast() throws Exception {
        offer(oldPrinter, "1.0.0");
        Vm vm = start();
        ScriptCpu other = new ScriptCpu((vcpu, rip, exits) -> {
            exits.writePort(enough.get() ? 0x604 : 0x3f8, 1, enough.get() ? 0 : 'a' + (int) (rip % 26));
            return null;
        });
        host.offer(Kind.CPU, "other", "1.0.0", other);
        vm.setCpu("{type: other, spare: 5}");
        assertEquals(5, other.given.spare());
        vm.setCpu("script");
        vm.setCpu("other");
        assertEquals(5, other.given.spare());
        assertEquals("test.other 1.0.0", vm.setCpu("{type: other, spare: 6}").to());
        assertEquals(6, other.given.spare());
        VmException unknown = assertThrows(VmException.class, () -> vm.setCpu("{type: other, spar: 7}"));
        assertTrue(unknown.getMessage().contains("spar"), unknown.getMessage());
        VmException model = assertThrows(VmException.class, () -> vm.setCpu("{type: other, model: x86-64-v2}"));
        assertTrue(model.getMessage().contains("cpu.model"), model.getMessage());
        vm.setCpu("script");
        vm.setCpu("other");
        assertEquals(6, other.given.spare());
        awaitProgress();
        stopAndCompare(vm);
    }

    @Test
    void aRestartedPartGoesOnFromTheStateThatItSavesNow() throws Exception {
        offer(oldPrinter, "1.0.0");
        Vm vm = start();
        Vm.Replaced replaced = vm.restart("out");
        assertFalse(replaced.byReset());
        assertEquals(2, TestHost.bay(vm, "out").generation());
        vm.restart("cpu");
        stopAndCompare(vm);
    }

    @Test
    void aPartThatCannotSaveIsRestartedByAReset() throws Exception {
        oldPrinter.hooks.add(moment -> {
            if (moment.equals("save")) {
                throw new IllegalStateException("no state today");
            }
        });
        offer(oldPrinter, "1.0.0");
        Vm vm = start();
        Vm.Replaced replaced = vm.restart("out");
        assertTrue(replaced.byReset());
        assertBeganWithAReset();
        awaitProgress();
    }

    /** Nobody waits for the end of the part before. */
    private void assertBeganWithAReset() {
        List<String> log =
                oldPrinter.log.stream().filter(call -> !call.equals("close")).toList();
        assertEquals(List.of("create", "reset DEVICE", "resume SWAP"), log.subList(log.size() - 3, log.size()));
    }

    @Test
    void aFailedBayIsRestartedAndItsMachineGoesOn() throws Exception {
        AtomicBoolean fails = new AtomicBoolean();
        oldPrinter.hooks.add(moment -> {
            if (moment.equals("access") && fails.getAndSet(false)) {
                throw new ArithmeticException("bug");
            }
        });
        offer(oldPrinter, "1.0.0");
        Vm vm = start();
        fails.set(true);
        TestHost.await("the machine is paused", () -> vm.state() == VmState.PAUSED);
        assertEquals("FAILED", TestHost.bay(vm, "out").state());
        assertTrue(vm.restart("out").byReset());
        TestHost.await("the machine runs", () -> vm.state() == VmState.RUNNING);
        stopAndCompare(vm);
    }

    @Test
    void anEngineThatCannotBeResumedIsRolledBackAsNothingHasRunYet() throws Exception {
        offer(oldPrinter, "1.0.0");
        Vm vm = start();
        ScriptCpu stuck = new ScriptCpu((vcpu, rip, exits) -> null);
        stuck.resuming = () -> {
            throw new IllegalStateException("no key");
        };
        host.offer(Kind.CPU, "other", "1.0.0", stuck);
        VmException refused = assertThrows(VmException.class, () -> vm.setCpu("other"));
        assertTrue(refused.getMessage().contains("no key"), refused.getMessage());
        assertEquals("script", TestHost.bay(vm, "cpu").type());
        stopAndCompare(vm);
    }
}
