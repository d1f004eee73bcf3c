package dev.backplane.cpu.soft.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.CpuException;
import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.PartitionState;
import dev.backplane.api.cpu.Stop;
import dev.backplane.api.cpu.Vcpu;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.cpu.VcpuState.Activity;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateException;
import dev.backplane.testkit.cpu.StartStates;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A partition as the kernel drives it. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SoftPartitionTest {
    private static final long HANDLER = 0x9000;
    /** inc dword [0xa000]; mov dword [0xfee000b0], 0 (EOI); iret. */
    private static final String COUNT_AND_EOI = "ff0500a00000 c705b000e0fe00000000 cf";

    private final TestKernel kernel = new TestKernel(2);
    private final Partition partition = make();

    private Partition make() {
        try {
            return new SoftBackend().create(new SoftOptions(), kernel);
        } catch (ConfigurationException e) {
            throw new AssertionError(e);
        }
    }

    private Vcpu start(int index, String code) {
        kernel.put(StartStates.CODE + 0x1000L * 8 * index, code);
        partition.load(index, StartStates.protectedMode(index, StartStates.CODE + 0x1000L * 8 * index));
        return partition.vcpu(index);
    }

    @Test
    void portAndMemoryAccessesExit() throws CpuException {
        // in al, 0x60; out 0x80, al; mov eax, [0xfec00000]; mov [0xfec00010], eax; hlt
        Vcpu vcpu = start(0, "e460 e680 a10000c0fe a31000c0fe f4");
        assertEquals(Stop.HALTED, vcpu.run());
        assertEquals(List.of("in 60/1", "out 80/1 5a", "read fec00000/4", "write fec00010/4 77"), kernel.exits);
        assertEquals(1, partition.statistics().get("exits.port-read"));
        assertEquals(5, partition.statistics().get("instructions"));
        assertEquals(Activity.HALTED, partition.state(0).activity());
    }

    @Test
    void anAccessToABayThatIsAwayHasNotHappened() throws CpuException {
        Vcpu vcpu = start(0, "b042 e680 f4");
        kernel.away = true;
        assertEquals(Stop.PARKED, vcpu.run());
        assertEquals(StartStates.CODE + 2, partition.state(0).rip());
        assertEquals(List.of(), kernel.exits);
        kernel.away = false;
        assertEquals(Stop.HALTED, vcpu.run());
        assertEquals(List.of("out 80/1 42"), kernel.exits);
    }

    @Test
    void anInterruptWhoseTableIsAwayIsKeptUntilItIsBack() throws Exception {
        Vcpu vcpu = start(0, "0f011d00b00000 fb f4");
        // lidt: a table in memory of the board's, where the fake reads no gate.
        kernel.put(0xb000, "ff07 0000c0fe");
        assertEquals(Stop.HALTED, vcpu.run());
        kernel.away = true;
        partition.message(0xfee0_0000L, 0x50);
        assertEquals(Stop.PARKED, vcpu.run());
        assertEquals(Stop.PARKED, vcpu.run());
        VcpuState state = partition.state(0);
        assertEquals(0x50, state.pendingEvent().orElseThrow().vector());
        Partition successor = new SoftBackend()
                .restore(new SoftOptions(), kernel, new PartitionState(List.of(state, partition.state(1))));
        kernel.away = false;
        assertEquals(Stop.SHUTDOWN, successor.vcpu(0).run());
        assertTrue(kernel.exits.contains("read fec00280/8"), kernel.exits::toString);
    }

    @Test
    void aKickEndsAnEndlessLoopAndTheNextRunGoesOn() throws Exception {
        Vcpu vcpu = start(0, "ebfe");
        Thread kicker = Thread.ofPlatform().start(() -> {
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            vcpu.kick();
        });
        assertEquals(Stop.KICKED, vcpu.run());
        kicker.join();
        vcpu.kick();
        vcpu.kick();
        assertEquals(Stop.KICKED, vcpu.run());
        assertEquals(StartStates.CODE, partition.state(0).rip());
    }

    @Test
    void aMachineThatStopsGetsItsVcpuBack() throws CpuException {
        Vcpu vcpu = start(0, "ebfe");
        kernel.stopping = true;
        assertEquals(Stop.MACHINE, vcpu.run());
    }

    @Test
    void nothingIsExecutedBehindAnOutThatStopsTheMachine() throws CpuException {
        Vcpu vcpu = start(0, "b042 e6f4 e680 f4");
        assertEquals(Stop.MACHINE, vcpu.run());
        assertEquals(List.of("out f4/1 42"), kernel.exits);
        assertEquals(StartStates.CODE + 4, partition.state(0).rip());
    }

    @Test
    void aTripleFaultShutsDown() throws CpuException {
        Vcpu vcpu = start(0, "0f0b");
        assertEquals(Stop.SHUTDOWN, vcpu.run());
        assertEquals(Activity.SHUTDOWN, partition.state(0).activity());
        assertFalse(vcpu.runnable());
    }

    @Test
    void initAndStartUpStartTheOtherVcpuInRealMode() throws CpuException {
        Vcpu other = partition.vcpu(1);
        assertEquals(Activity.WAIT_FOR_SIPI, partition.state(1).activity());
        assertEquals(Stop.HALTED, other.run());
        assertFalse(other.runnable());
        // mov byte [0xb000], 0x42; hlt at 0x9000, in 16 bits
        kernel.put(0x9000, "c60600b042 f4");
        Vcpu boot = start(0, "c7051003e0fe00000001 c7050003e0fe00450000 c7050003e0fe09460000 c7050003e0fe09460000 f4");
        assertEquals(Stop.HALTED, boot.run());
        assertTrue(kernel.wakes.contains(1));
        assertTrue(other.runnable());
        assertEquals(Stop.HALTED, other.run());
        assertEquals(0x42, kernel.get32(0xb000));
        VcpuState state = partition.state(1);
        assertEquals(0x900, state.segments().get(1).selector());
        assertEquals(6, state.rip());
        assertEquals(Activity.HALTED, state.activity());
    }

    @Test
    void theApicTimerWakesAHaltedVcpu() throws CpuException {
        StartStates.tables(kernel::put64, HANDLER, 0x40);
        kernel.put(HANDLER, COUNT_AND_EOI);
        // LVT timer one-shot vector 0x40, divide by 1, count 1000; sti; hlt; hlt
        Vcpu vcpu = start(0, "c7052003e0fe40000000 c705e003e0fe0b000000 c7058003e0fee8030000 fb f4 f4");
        assertEquals(Stop.HALTED, vcpu.run());
        assertFalse(vcpu.runnable());
        kernel.advance(999);
        assertFalse(vcpu.runnable());
        kernel.advance(1);
        assertTrue(vcpu.runnable());
        assertEquals(List.of(0), kernel.wakes);
        assertEquals(Stop.HALTED, vcpu.run());
        assertEquals(1, kernel.get32(0xa000));
        assertEquals(1, partition.statistics().get("interrupts"));
    }

    @Test
    void aPeriodicTimerThatIsSavedGoesOnInASuccessor() throws Exception {
        StartStates.tables(kernel::put64, HANDLER, 0x40);
        kernel.put(HANDLER, COUNT_AND_EOI);
        Vcpu vcpu = start(0, "c7052003e0fe40000200 c705e003e0fe0b000000 c7058003e0fe40420f00 fb f4 ebfd");
        vcpu.run();
        kernel.advance(1_000_000);
        vcpu.run();
        assertEquals(1, kernel.get32(0xa000));
        PartitionState state = partition.save();
        partition.close();
        Partition successor = new SoftBackend().restore(new SoftOptions(), kernel, state);
        successor.resume(new Resumption(Resumption.Cause.SWAP, java.time.Duration.ZERO));
        assertFalse(successor.vcpu(0).runnable());
        kernel.advance(1_000_000);
        assertTrue(successor.vcpu(0).runnable());
        assertEquals(Stop.HALTED, successor.vcpu(0).run());
        assertEquals(2, kernel.get32(0xa000));
    }

    @Test
    void aPortThatHangsKeepsNoOtherVcpuWaiting() throws Exception {
        var asked = new CountDownLatch(1);
        var answer = new CountDownLatch(1);
        kernel.atPort20 = () -> hang(asked, answer);
        assertOtherVcpuGoesOn("e620 f4", asked, answer);
    }

    @Test
    void aLockedAccessToADeviceThatHangsKeepsNoOtherVcpuWaiting() throws Exception {
        var asked = new CountDownLatch(1);
        var answer = new CountDownLatch(1);
        kernel.atRead = () -> hang(asked, answer);
        // lock inc dword [0xfec00002], across its alignment
        assertOtherVcpuGoesOn("f0ff050200c0fe f4", asked, answer);
    }

    /** Decodes code and locks an operand across its alignment, for both of which the vCPUs have to agree. */
    private void assertOtherVcpuGoesOn(String hanging, CountDownLatch asked, CountDownLatch answer) throws Exception {
        Vcpu one = start(1, hanging);
        try (var threads = Executors.newCachedThreadPool()) {
            var first = threads.submit(one::run);
            assertTrue(asked.await(10, TimeUnit.SECONDS));
            Vcpu other = start(0, "f0ff053ea00000 f0ff053eb00000 f4");
            try {
                assertEquals(Stop.HALTED, threads.submit(other::run).get(10, TimeUnit.SECONDS));
            } finally {
                answer.countDown();
            }
            assertEquals(Stop.HALTED, first.get(10, TimeUnit.SECONDS));
        }
        assertEquals(1, kernel.get32(0xa03e));
        assertEquals(1, kernel.get32(0xb03e));
    }

    private static void hang(CountDownLatch asked, CountDownLatch answer) {
        asked.countDown();
        try {
            answer.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void interruptsGoBetweenTwoVcpus() throws CpuException {
        StartStates.tables(kernel::put64, HANDLER, 0x50);
        kernel.put(HANDLER, COUNT_AND_EOI);
        Vcpu receiver = start(1, "fb f4 ebfd");
        assertEquals(Stop.HALTED, receiver.run());
        Vcpu sender = start(0, "c7051003e0fe00000001 c7050003e0fe50400000 f4");
        assertEquals(Stop.HALTED, sender.run());
        assertTrue(receiver.runnable());
        assertEquals(Stop.HALTED, receiver.run());
        assertEquals(1, kernel.get32(0xa000));
        assertFalse(sender.runnable());
    }

    @Test
    void anNmiWakesAVcpuThatHaltedWithInterruptsOff() throws CpuException {
        StartStates.tables(kernel::put64, HANDLER, 2);
        kernel.put(HANDLER, "ff0500a00000 cf");
        Vcpu receiver = start(1, "fa f4 f4");
        assertEquals(Stop.HALTED, receiver.run());
        Vcpu sender = start(0, "c7051003e0fe00000001 c7050003e0fe00440000 f4");
        assertEquals(Stop.HALTED, sender.run());
        assertTrue(receiver.runnable());
        assertEquals(Stop.HALTED, receiver.run());
        assertEquals(1, kernel.get32(0xa000));
        assertEquals(StartStates.CODE + 0x8000 + 3, partition.state(1).rip());
    }

    @Test
    void initPutsAVcpuThatRunsBackToWaitingForItsStartUp() throws CpuException {
        Vcpu receiver = start(1, "f4");
        assertEquals(Stop.HALTED, receiver.run());
        Vcpu sender = start(0, "c7051003e0fe00000001 c7050003e0fe00450000 f4");
        assertEquals(Stop.HALTED, sender.run());
        assertTrue(receiver.runnable());
        assertEquals(Stop.HALTED, receiver.run());
        VcpuState state = partition.state(1);
        assertEquals(Activity.WAIT_FOR_SIPI, state.activity());
        assertEquals(0xfff0, state.rip());
        assertEquals(0x10, state.cr0());
    }

    @Test
    void aTripleFaultOfTheOtherVcpuIsEndedByInit() throws CpuException {
        Vcpu receiver = start(1, "0f0b");
        assertEquals(Stop.SHUTDOWN, receiver.run());
        Vcpu sender = start(0, "c7051003e0fe00000001 c7050003e0fe00450000 f4");
        assertEquals(Stop.HALTED, sender.run());
        assertTrue(receiver.runnable());
        assertEquals(Stop.HALTED, receiver.run());
    }

    @Test
    void twoVcpusPassInterruptsToAndFroOnTheirThreads() throws Exception {
        StartStates.tables(kernel::put64, HANDLER, 0x50);
        // Each handler sends to the other one until the counter is 2000; then it sends a last one and stays.
        // inc dword [0xa000]; mov dword [0xfee000b0], 0; mov eax, [0xfee00020]; xor eax, 0x01000000;
        // mov [0xfee00310], eax; mov dword [0xfee00300], 0x4050; iret
        kernel.put(
                HANDLER,
                "f0ff0500a00000 c705b000e0fe00000000 a12000e0fe 3500000001 a31003e0fe c7050003e0fe50400000 cf");
        Vcpu first = start(0, "fb f4 813d00a00000d0070000 72f3 fa f4");
        Vcpu second = start(1, "fb f4 813d00a00000d0070000 72f3 fa f4");
        partition.message(0xfee0_0000L, 0x50);
        Thread one = Thread.ofPlatform().start(() -> untilOff(first));
        Thread two = Thread.ofPlatform().start(() -> untilOff(second));
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(50);
        while (kernel.get32(0xa000) < 2000 && System.nanoTime() < deadline) {
            Thread.sleep(5);
        }
        assertTrue(kernel.get32(0xa000) >= 2000, () -> "counted " + kernel.get32(0xa000));
        kernel.stopping = true;
        first.kick();
        second.kick();
        one.join();
        two.join();
    }

    /** Runs as the kernel does, but spins where the kernel parks. */
    private void untilOff(Vcpu vcpu) {
        try {
            while (true) {
                Stop stop = vcpu.run();
                if (stop == Stop.MACHINE) {
                    return;
                }
                while (stop == Stop.HALTED && !vcpu.runnable() && !kernel.stopping) {
                    Thread.sleep(0, 10_000);
                }
            }
        } catch (CpuException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void theInterruptControllerIsAcknowledgedThroughTheExits() throws CpuException {
        StartStates.tables(kernel::put64, HANDLER, 0x21);
        // The handler counts and acknowledges at the controller, which takes its line down.
        kernel.put(HANDLER, "ff0500a00000 b020 e620 cf");
        kernel.nextVector = 0x21;
        kernel.atPort20 = () -> partition.external(false);
        Vcpu vcpu = start(0, "fb f4 f4");
        assertEquals(Stop.HALTED, vcpu.run());
        assertFalse(vcpu.runnable());
        partition.external(true);
        assertTrue(vcpu.runnable());
        assertEquals(List.of(0), kernel.wakes);
        assertEquals(Stop.HALTED, vcpu.run());
        assertEquals(List.of("acknowledge", "out 20/1 20"), kernel.exits);
        assertEquals(1, kernel.get32(0xa000));
    }

    @Test
    void theEndOfALevelTriggeredMessageGoesToTheBoard() throws CpuException {
        StartStates.tables(kernel::put64, HANDLER, 0x60);
        kernel.put(HANDLER, COUNT_AND_EOI);
        Vcpu vcpu = start(0, "fb f4 f4");
        vcpu.run();
        partition.message(0xfee0_0000L, 0x8060);
        vcpu.run();
        assertEquals(List.of("eoi 60"), kernel.exits);
    }

    @Test
    void aStateThatWasSavedIsLoadedBackUnchanged() throws Exception {
        Vcpu vcpu = start(0, "0f31 b842000000 f4");
        vcpu.run();
        VcpuState before = partition.state(0);
        partition.load(0, before);
        VcpuState after = partition.state(0);
        assertEquals(before.rip(), after.rip());
        assertEquals(before.segments(), after.segments());
        assertEquals(before.msrs(), after.msrs());
        assertEquals(before.activity(), after.activity());
        assertEquals(List.of(box(before.general())), List.of(box(after.general())));
        assertEquals(java.util.Arrays.hashCode(before.xsave()), java.util.Arrays.hashCode(after.xsave()));
        assertEquals(
                java.util.Arrays.hashCode(before.apic().registers()),
                java.util.Arrays.hashCode(after.apic().registers()));
    }

    private static List<Long> box(long[] values) {
        return java.util.Arrays.stream(values).boxed().toList();
    }

    @Test
    void statesThatDoNotFitAreRefusedWithTheFieldsName() {
        VcpuState good = StartStates.protectedMode(0, 0);
        PartitionState one = new PartitionState(List.of(good));
        StateException wrongCount =
                assertThrows(StateException.class, () -> new SoftBackend().restore(new SoftOptions(), kernel, one));
        assertTrue(wrongCount.getMessage().contains("expected 2"), wrongCount.getMessage());
    }

    @Test
    void optionsThatCannotWorkAreRefusedWithWhatCan() {
        var many = new TestKernel(33);
        String message = assertThrows(
                        ConfigurationException.class, () -> new SoftBackend().create(new SoftOptions(), many))
                .getMessage();
        assertTrue(message.contains("33") && message.contains("32"), message);
        kernel.model = "x86-64-v7";
        message = assertThrows(ConfigurationException.class, () -> new SoftBackend().create(new SoftOptions(), kernel))
                .getMessage();
        assertTrue(message.contains("x86-64-v7") && message.contains("x86-64-v2"), message);
    }

    @Test
    void writtenPagesAreMarked() throws CpuException {
        Vcpu vcpu = start(0, "a30000c000 a30000d000 f4".replace("c000", "0c00").replace("d000", "0d00"));
        vcpu.run();
        assertTrue(kernel.dirtyPages.contains(TestKernel.offset(0xc0000) >>> 12));
        assertTrue(kernel.dirtyPages.contains(TestKernel.offset(0xd0000) >>> 12));
        assertFalse(kernel.dirtyPages.contains(TestKernel.offset(0xe0000) >>> 12));
    }
}
