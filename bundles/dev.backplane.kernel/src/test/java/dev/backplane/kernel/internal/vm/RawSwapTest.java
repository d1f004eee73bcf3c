package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.fake.Printer;
import dev.backplane.kernel.internal.fake.ScriptCpu;
import dev.backplane.kernel.internal.fake.Sink;
import dev.backplane.kernel.internal.fake.TestHost;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The alphabet is printed over and over while what prints it, takes it or runs it is replaced. */
@Timeout(120)
class RawSwapTest {
    private final TestHost host = new TestHost();
    private final AtomicBoolean enough = new AtomicBoolean();
    private final CountDownLatch hanging = new CountDownLatch(1);
    private final StringBuilder written = new StringBuilder();

    private Offer cpu = offerCpu();

    private final List<String> boardAtSaves = new CopyOnWriteArrayList<>();

    private Offer offerCpu() {
        ScriptCpu made = new ScriptCpu((vcpu, rip, exits) -> {
            if (enough.get()) {
                exits.writePort(0x604, 2, 0);
            } else {
                exits.writePort(0x3f8, 1, 'a' + (int) (rip % 26));
                if (rip % 64 == 0) {
                    Thread.sleep(1);
                }
            }
            return null;
        });
        made.saving = () -> boardAtSaves.add(host.board.log.getLast());
        return host.offer(Kind.CPU, "script", "1.0.0", made);
    }

    @AfterEach
    void close() {
        hanging.countDown();
        host.close();
    }

    private Offer offer(Printer printer) {
        return host.offer(Kind.DEVICE, "printer", "1.0.0", printer);
    }

    private Vm start(String more) throws Exception {
        Vm vm = host.define(TestHost.FILE + more);
        vm.start(Duration.ZERO);
        vm.tap((port, write, address, size, value) -> {
            synchronized (written) {
                written.append((char) value);
            }
        });
        return vm;
    }

    private void awaitProgress() throws InterruptedException {
        int before = host.sink.text().length();
        TestHost.await("the guest prints", () -> host.sink.text().length() > before + 100);
    }

    private void stopAndCompare(Vm vm) throws Exception {
        enough.set(true);
        assertEquals(VmState.STOPPED, TestHost.outcome(vm).state());
        String printed = host.sink.text();
        for (int i = 0; i < printed.length(); i++) {
            assertEquals('a' + (i + 100) % 26, printed.charAt(i), "byte " + i + " of " + printed.length());
        }
        synchronized (written) {
            assertTrue(printed.endsWith(written.toString()), "what the guest wrote is what was printed");
        }
    }

    private static String state(Vm vm, String bay) {
        return TestHost.bay(vm, bay).state();
    }

    private static String note(Vm vm, String bay) {
        return TestHost.bay(vm, bay).note();
    }

    @Test
    void aDeviceThatIsReplacedTwentyTimesLosesDoublesAndReordersNoByte() throws Exception {
        Offer offer = offer(new Printer());
        Vm vm = start("");
        for (int round = 0; round < 20; round++) {
            awaitProgress();
            host.catalogue.remove(offer);
            assertEquals("VACANT", state(vm, "out"));
            offer = offer(new Printer());
            TestHost.await("the bay runs", () -> state(vm, "out").equals("RUNNING"));
        }
        awaitProgress();
        assertEquals(21, vm.bays().get(1).generation());
        stopAndCompare(vm);
    }

    @Test
    void aConsoleIsReplacedWhileItsDeviceWaits() throws Exception {
        Printer printer = new Printer();
        offer(printer);
        Vm vm = start("");
        for (int round = 0; round < 5; round++) {
            awaitProgress();
            Offer offer = host.catalogue
                    .choose(Kind.CONSOLE, "sink", Optional.empty())
                    .orElseThrow();
            host.catalogue.remove(offer);
            assertEquals("VACANT", state(vm, "out.console"));
            assertEquals("QUIESCED", state(vm, "out"));
            host.offer(Kind.CONSOLE, "sink", "1.0.0", host.sink);
            TestHost.await("the device runs", () -> state(vm, "out").equals("RUNNING"));
        }
        assertFalse(printer.log.contains("save"), "the device stays, and is not saved");
        stopAndCompare(vm);
    }

    @Test
    void theEngineIsReplacedAndTheGuestGoesOnAtItsInstruction() throws Exception {
        offer(new Printer());
        Vm vm = start("");
        for (int round = 0; round < 5; round++) {
            awaitProgress();
            host.catalogue.remove(cpu);
            assertEquals("VACANT", state(vm, "cpu"));
            cpu = offerCpu();
            TestHost.await("the engine runs", () -> state(vm, "cpu").equals("RUNNING"));
        }
        assertEquals(
                Collections.nCopies(5, "disconnected"), boardAtSaves, "an interrupt would be lost in a saved engine");
        stopAndCompare(vm);
    }

    @Test
    void aVacancyOfMoreThanASecondPausesTheMachineAndItGoesOnByItself() throws Exception {
        Offer offer = offer(new Printer());
        Vm vm = start("");
        awaitProgress();
        host.catalogue.remove(offer);
        TestHost.await("the machine is paused", () -> vm.state() == VmState.PAUSED);
        VmException refused = assertThrows(VmException.class, vm::resume);
        assertTrue(refused.getMessage().contains("out"), refused.getMessage());
        assertTrue(refused.getMessage().contains("test.printer 1.0.0 was stopped"), refused.getMessage());
        offer(new Printer());
        TestHost.await("the machine runs", () -> vm.state() == VmState.RUNNING);
        awaitProgress();
        stopAndCompare(vm);
    }

    @Test
    void aMachineThatWasPausedByItsUserStaysPausedWhenTheVacancyEnds() throws Exception {
        Offer offer = offer(new Printer());
        Vm vm = start("");
        awaitProgress();
        vm.pause();
        host.catalogue.remove(offer);
        assertEquals("VACANT", state(vm, "out"));
        offer(new Printer());
        TestHost.await("the bay is filled", () -> state(vm, "out").equals("QUIESCED"));
        assertEquals(VmState.PAUSED, vm.state());
        vm.resume();
        awaitProgress();
        stopAndCompare(vm);
    }

    @Test
    void onVacantFailEndsTheMachine() throws Exception {
        Offer offer = offer(new Printer());
        Vm vm = start("onVacant: fail\n");
        awaitProgress();
        host.catalogue.remove(offer);
        Vm.Outcome outcome = TestHost.outcome(vm);
        assertEquals(VmState.FAILED, outcome.state());
        assertEquals("out is vacant: test.printer 1.0.0 was stopped", outcome.reason());
    }

    @Test
    void aMachineWithAVacantBayCanBeKilled() throws Exception {
        Offer offer = offer(new Printer());
        Vm vm = start("onVacant: wait\n");
        awaitProgress();
        host.catalogue.remove(offer);
        vm.kill("no more");
        assertEquals("no more", TestHost.outcome(vm).reason());
    }

    @Test
    void aPartThatHangsInQuiesceIsFencedAndItsStateStillMoves() throws Exception {
        Printer stuck = new Printer();
        stuck.hooks.add(moment -> {
            if (moment.equals("quiesce")) {
                awaitUninterruptibly(hanging);
            }
        });
        Offer offer = offer(stuck);
        Vm vm = start("");
        awaitProgress();
        host.catalogue.remove(offer);
        assertEquals("FAILED", state(vm, "out"));
        assertTrue(note(vm, "out").startsWith("quiesce has not returned"), note(vm, "out"));
        Printer next = new Printer();
        offer(next);
        TestHost.await("the bay runs", () -> state(vm, "out").equals("RUNNING"));
        assertTrue(next.log.contains("restore"), next.log.toString());
        awaitProgress();
        stopAndCompare(vm);
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
    void aPartThatFailsInSaveIsFollowedByOneThatStartsWithAReset() throws Exception {
        Printer bad = new Printer();
        bad.hooks.add(moment -> {
            if (moment.equals("save")) {
                throw new IllegalStateException("no state today");
            }
        });
        Offer offer = offer(bad);
        Vm vm = start("");
        awaitProgress();
        host.catalogue.remove(offer);
        assertEquals("FAILED", state(vm, "out"));
        assertTrue(note(vm, "out").contains("no state today"), note(vm, "out"));
        Printer next = new Printer();
        offer(next);
        TestHost.await("the bay runs", () -> state(vm, "out").equals("RUNNING"));
        assertEquals("[create, reset DEVICE, resume SWAP]", next.log.toString());
    }

    @Test
    void aHandlerThatThrowsFailsItsBayAndTheSuccessorSeesTheAccessAgain() throws Exception {
        Printer bad = new Printer();
        AtomicInteger accesses = new AtomicInteger();
        bad.hooks.add(moment -> {
            if (moment.equals("access") && accesses.incrementAndGet() == 300) {
                throw new ArithmeticException("bug");
            }
        });
        Offer offer = offer(bad);
        Vm vm = start("");
        TestHost.await("the bay fails", () -> state(vm, "out").equals("FAILED"));
        assertTrue(
                note(vm, "out").startsWith("an access to port 0x3f8 threw java.lang.ArithmeticException: bug"),
                note(vm, "out"));
        TestHost.await("the machine is paused", () -> vm.state() == VmState.PAUSED);
        host.catalogue.remove(offer);
        offer(new Printer());
        TestHost.await("the machine runs", () -> vm.state() == VmState.RUNNING);
        awaitProgress();
        stopAndCompare(vm);
    }

    @Test
    void aHandlerThatHangsFailsItsBayAndTheMachineCanBeKilled() throws Exception {
        Printer stuck = new Printer();
        AtomicInteger accesses = new AtomicInteger();
        stuck.hooks.add(moment -> {
            if (moment.equals("access") && accesses.incrementAndGet() == 200) {
                awaitUninterruptibly(hanging);
            }
        });
        Offer offer = offer(stuck);
        Vm vm = start("");
        TestHost.await("the handler hangs", () -> accesses.get() == 200);
        host.catalogue.remove(offer);
        assertEquals("FAILED", state(vm, "out"));
        assertEquals("an access to port 0x3f8 has not returned", note(vm, "out"));
        vm.kill("enough");
        assertEquals("enough", TestHost.outcome(vm).reason());
    }

    @Test
    void aSuccessorWithAnotherShapeIsRefusedAndTheRightOneGoesOn() throws Exception {
        Offer offer = offer(new Printer());
        Vm vm = start("");
        awaitProgress();
        host.catalogue.remove(offer);
        Offer wrong = host.offer(Kind.DEVICE, "printer", "2.0.0", new Printer(2));
        TestHost.await("the bay fails", () -> state(vm, "out").equals("FAILED"));
        assertTrue(
                note(vm, "out").startsWith("test.printer 2.0.0 cannot take over from test.printer 1.0.0"),
                note(vm, "out"));
        assertTrue(
                note(vm, "out").contains("no window data at ports 0x3f8-0x3f8, a new window data at ports 0x3f8-0x3f9"),
                note(vm, "out"));
        host.catalogue.remove(wrong);
        offer(new Printer());
        TestHost.await("the bay runs", () -> state(vm, "out").equals("RUNNING"));
        awaitProgress();
        stopAndCompare(vm);
    }

    @Test
    void aSuccessorThatIsThereAlreadyTakesOverAtOnce() throws Exception {
        Offer offer = offer(new Printer());
        Vm vm = start("");
        awaitProgress();
        Printer next = new Printer();
        host.offer(Kind.DEVICE, "printer", "2.0.0", next);
        awaitProgress();
        assertEquals(List.of(), next.log);
        host.catalogue.remove(offer);
        awaitProgress();
        assertEquals(List.of("restore", "resume SWAP"), next.log);
        stopAndCompare(vm);
    }

    @Test
    void aBayWithAPinTakesNoOtherVersion() throws Exception {
        Offer offer = offer(new Printer());
        Vm vm = host.define(TestHost.FILE.replace("id: out", "id: out, version: \"[1.0,2.0)\""));
        vm.start(Duration.ZERO);
        awaitProgress();
        host.catalogue.remove(offer);
        host.offer(Kind.DEVICE, "printer", "2.0.0", new Printer());
        Thread.sleep(100);
        assertEquals("VACANT", state(vm, "out"));
        host.offer(Kind.DEVICE, "printer", "1.9.0", new Printer());
        TestHost.await("the bay runs", () -> state(vm, "out").equals("RUNNING"));
        stopAndCompare(vm);
    }

    @Test
    void otherMachinesDoNotNotice() throws Exception {
        Offer offer = offer(new Printer());
        host.offer(Kind.DEVICE, "press", "1.0.0", new Printer());
        Sink other = new Sink();
        host.offer(Kind.CONSOLE, "other", "1.0.0", other);
        Vm web = start("");
        Vm mail = host.define(TestHost.FILE
                .replace("name: web", "name: mail")
                .replace("type: printer", "type: press, console: other"));
        mail.start(Duration.ZERO);
        host.catalogue.remove(offer);
        int before = other.text().length();
        TestHost.await("the other prints", () -> other.text().length() > before + 200);
        assertEquals("VACANT", state(web, "out"));
    }
}
