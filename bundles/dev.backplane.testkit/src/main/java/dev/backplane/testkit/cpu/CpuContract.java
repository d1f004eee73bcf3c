package dev.backplane.testkit.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.Stop;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.cpu.VcpuState.Activity;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a machine does, whatever backend it is on: the same guests, the same expected results. A backend's test inherits it. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
public abstract class CpuContract {
    private static final long HANDLER = 0x9000;
    /** ret 8: back without the flags, since hosts that emulate kernels know no IRET in protected mode. */
    private static final String RETURN = "c20800";
    /** lock inc dword [0xb000]; mov dword [0xfee000b0], 0 (EOI); return. */
    private static final String COUNT_AND_EOI = "f0ff0500b00000 c705b000e0fe00000000" + RETURN;
    /** mov al, 0; out 0xf4, al. */
    private static final String STOP = "b000 e6f4";

    /** For the backend's test. */
    protected CpuContract() {}

    /**
     * A machine with a partition of the backend in question, new for each test.
     *
     * @param vcpus how many vCPUs it is to have
     * @return the machine
     * @throws Exception when it cannot be made
     */
    protected abstract CpuBench machine(int vcpus) throws Exception;

    private static void start(CpuBench machine, int index, String code) {
        long at = StartStates.CODE + 0x8000L * index;
        machine.put(at, code);
        machine.partition().load(index, StartStates.protectedMode(index, at));
    }

    @Test
    void portAndMemoryAccessesLeaveTheGuestInOrder() throws Exception {
        try (CpuBench machine = machine(1)) {
            // in al, 0x60; out 0x80, al; in eax, 0x61; mov ecx, eax; mov eax, [0xfec00000]; mov [0xfec00010], eax
            start(machine, 0, "e460 e680 e561 89c1 a10000c0fe a31000c0fe" + STOP);
            machine.runToEnd();
            assertNull(machine.failure());
            assertEquals(
                    List.of(
                            "in 60/1",
                            "out 80/1 41",
                            "in 61/4",
                            "read fec00000/4",
                            "write fec00010/4 77",
                            "out f4/1 0"),
                    machine.exits());
            assertEquals(Stop.MACHINE, machine.stop(0));
            assertEquals(0x42, machine.partition().state(0).general()[1]);
        }
    }

    @Test
    void stringInstructionsMakeOneAccessForEachElement() throws Exception {
        try (CpuBench machine = machine(1)) {
            // mov esi, 0xc000; mov ecx, 3; mov dx, 0x70; cld; rep outsw
            // mov edi, 0xc100; mov ecx, 4; rep insb
            start(machine, 0, "be00c00000 b903000000 66ba7000 fc f3666f bf00c10000 b904000000 f36c" + STOP);
            machine.put(0xc000, "1122 3344 5566");
            machine.runToEnd();
            assertNull(machine.failure());
            assertEquals(
                    List.of(
                            "out 70/2 2211",
                            "out 70/2 4433",
                            "out 70/2 6655",
                            "in 70/1",
                            "in 70/1",
                            "in 70/1",
                            "in 70/1",
                            "out f4/1 0"),
                    machine.exits());
            assertEquals(0x44434241, machine.get32(0xc100));
            assertEquals(0, machine.partition().state(0).general()[1]);
        }
    }

    @Test
    void nothingIsExecutedBehindAnOutThatStopsTheMachine() throws Exception {
        try (CpuBench machine = machine(1)) {
            start(machine, 0, STOP + "e680 f4");
            machine.runToEnd();
            assertEquals(List.of("out f4/1 0"), machine.exits());
            assertEquals(StartStates.CODE + 4, machine.partition().state(0).rip());
        }
    }

    @Test
    void aReadFromABayThatIsAwayIsMadeWhenItIsBack() throws Exception {
        try (CpuBench machine = machine(1)) {
            // mov dx, 0x300; in al, dx; out 0x80, al
            start(machine, 0, "66ba0003 ec e680" + STOP);
            machine.away(true);
            machine.go();
            CpuBench.await("the vCPU waits", () -> machine.stop(0) == Stop.PARKED);
            assertEquals(List.of(), machine.exits());
            machine.away(false);
            machine.awaitEnd();
            assertEquals(List.of("in 300/1", "out 80/1 41", "out f4/1 0"), machine.exits());
        }
    }

    @Test
    void aWriteToABayThatIsAwayIsMadeWhenItIsBackAlsoAfterAPause() throws Exception {
        try (CpuBench machine = machine(1)) {
            // mov dword [0xfec01000], 0x12345678; mov dx, 0x300; mov al, 7; out dx, al
            start(machine, 0, "c7050010c0fe78563412 66ba0003 b007 ee" + STOP);
            machine.away(true);
            machine.go();
            CpuBench.await("the vCPU waits", () -> machine.stop(0) == Stop.PARKED);
            machine.pause();
            machine.partition().state(0);
            assertEquals(List.of(), machine.exits());
            machine.away(false);
            machine.go();
            machine.awaitEnd();
            assertEquals(List.of("write fec01000/4 12345678", "out 300/1 7", "out f4/1 0"), machine.exits());
        }
    }

    @Test
    void aTripleFaultShutsDown() throws Exception {
        try (CpuBench machine = machine(1)) {
            // lidt with a limit of 0; ud2
            start(machine, 0, "0f011d00c00000 0f0b");
            machine.runToEnd();
            assertEquals(Stop.SHUTDOWN, machine.stop(0));
            assertEquals(Activity.SHUTDOWN, machine.partition().state(0).activity());
            assertFalse(machine.partition().vcpu(0).runnable());
        }
    }

    @Test
    void aMessageWakesAHaltedVcpu() throws Exception {
        try (CpuBench machine = machine(1)) {
            StartStates.tables(machine::put64, HANDLER, 0x40);
            machine.put(HANDLER, COUNT_AND_EOI);
            // sti; hlt
            start(machine, 0, "fb f4" + STOP);
            machine.go();
            Thread.sleep(10);
            machine.partition().message(0xfee0_0000L, 0x40);
            machine.awaitEnd();
            assertNull(machine.failure());
            assertEquals(1, machine.get32(0xb000));
            assertEquals(List.of("out f4/1 0"), machine.exits(), "the board hears of no edge's end");
        }
    }

    @Test
    void theEndOfALevelTriggeredInterruptReachesTheBoard() throws Exception {
        try (CpuBench machine = machine(1)) {
            StartStates.tables(machine::put64, HANDLER, 0x41);
            machine.put(HANDLER, COUNT_AND_EOI);
            // An emulating host tells the board with the next exit: out 0x80, al twice.
            start(machine, 0, "fb f4 e680 e680" + STOP);
            machine.go();
            Thread.sleep(10);
            machine.partition().message(0xfee0_0000L, 0x41 | 1 << 15 | 1 << 14);
            machine.awaitEnd();
            assertNull(machine.failure());
            assertEquals(
                    1,
                    machine.exits().stream().filter("eoi 41"::equals).count(),
                    () -> machine.exits().toString());
        }
    }

    @Test
    void anInterruptOfThe8259PairIsAcknowledgedWhenTheGuestTakesIt() throws Exception {
        try (CpuBench machine = machine(1)) {
            StartStates.tables(machine::put64, HANDLER, 0x21);
            machine.put(HANDLER, "f0ff0500b00000" + RETURN);
            machine.nextVector(0x21);
            // out 0x80, al; loop of 1000; out 0x81, al; sti; hlt
            start(machine, 0, "e680 b9e8030000 e2fe e681 fb f4" + STOP);
            machine.partition().external(true);
            machine.runToEnd();
            assertNull(machine.failure());
            assertEquals(List.of("out 80/1 0", "out 81/1 0", "acknowledge", "out f4/1 0"), machine.exits());
            assertEquals(1, machine.get32(0xb000));
        }
    }

    @Test
    void anInterruptOfThe8259PairWakesAHaltedVcpu() throws Exception {
        try (CpuBench machine = machine(1)) {
            StartStates.tables(machine::put64, HANDLER, 0x21);
            machine.put(HANDLER, "f0ff0500b00000" + RETURN);
            machine.nextVector(0x21);
            start(machine, 0, "fb f4" + STOP);
            machine.go();
            Thread.sleep(20);
            machine.partition().external(true);
            machine.awaitEnd();
            assertEquals(List.of("acknowledge", "out f4/1 0"), machine.exits());
            assertEquals(1, machine.get32(0xb000));
        }
    }

    @Test
    void theApicTimerWakesAHaltedVcpuAgainAndAgain() throws Exception {
        try (CpuBench machine = machine(1)) {
            StartStates.tables(machine::put64, HANDLER, 0x40);
            machine.put(HANDLER, COUNT_AND_EOI);
            // LVT timer periodic vector 0x40, divide by 1, count 2,000,000 (2 ms);
            // again: sti; hlt; cmp dword [0xb000], 3; jb again
            start(
                    machine,
                    0,
                    "c7052003e0fe40000200 c705e003e0fe0b000000 c7058003e0fe80841e00 fb f4 833d00b0000003 72f5" + STOP);
            machine.runToEnd();
            assertNull(machine.failure());
            assertTrue(machine.get32(0xb000) >= 3);
            assertTrue(machine.nanos() >= 7_000_000, "three periods of 2 ms, from 1 ms on");
        }
    }

    @Test
    void initAndStartUpStartTheOtherVcpuWhichAnswersByAnInterrupt() throws Exception {
        try (CpuBench machine = machine(2)) {
            StartStates.tables(machine::put64, HANDLER, 0x50);
            machine.put(HANDLER, COUNT_AND_EOI);
            // At 0xe000 in 16 bits: mov byte [0xb100], 0x42; hlt
            machine.put(0xe000, "c60600b142 f4");
            // INIT, start-up at 0xe000 to vCPU 1; again: pause; cmp byte [0xb100], 0x42; jne again
            start(
                    machine,
                    0,
                    "c7051003e0fe00000001 c7050003e0fe00450000 c7050003e0fe0e460000 f390 803d00b1000042 75f5" + STOP);
            machine.runToEnd();
            assertNull(machine.failure());
            assertEquals(0x42, machine.get32(0xb100) & 0xff);
            VcpuState other = machine.partition().state(1);
            assertEquals(0xe00, other.segments().get(1).selector());
            assertTrue(other.activity() == Activity.HALTED || other.rip() <= 6, other.toString());
        }
    }

    @Test
    void aPausedMachineGoesOnWhereItWas() throws Exception {
        try (CpuBench machine = machine(1)) {
            // again: inc dword [0xb000]; cmp dword [0xb004], 0; je again
            start(machine, 0, "ff0500b00000 833d04b0000000 74f1" + STOP);
            machine.go();
            for (int i = 0; i < 5; i++) {
                int before = machine.get32(0xb000);
                CpuBench.await("it counts", () -> machine.get32(0xb000) != before);
                machine.pause();
                int standing = machine.get32(0xb000);
                long clock = machine.nanos();
                Thread.sleep(5);
                assertEquals(standing, machine.get32(0xb000));
                assertEquals(clock, machine.nanos());
                machine.go();
            }
            machine.put(0xb004, "01000000");
            machine.awaitEnd();
            assertNull(machine.failure());
        }
    }

    /** The same as of every other part: saved, restored into a new one, the same behaviour and the same state again. */
    @Test
    void aSuccessorGoesOnWhereItWasAndSavesWhatItWasMadeFrom() throws Exception {
        try (CpuBench machine = machine(2)) {
            // again: inc dword [0xb000]; cmp dword [0xb004], 0; je again
            start(machine, 0, "ff0500b00000 833d04b0000000 74f1" + STOP);
            machine.go();
            for (int i = 0; i < 5; i++) {
                int before = machine.get32(0xb000);
                CpuBench.await("it counts", () -> machine.get32(0xb000) != before);
                machine.pause();
                int standing = machine.get32(0xb000);
                List<String> saved = states(machine);
                machine.renew();
                assertEquals(saved, states(machine));
                assertEquals(standing, machine.get32(0xb000));
                machine.go();
            }
            machine.put(0xb004, "01000000");
            machine.awaitEnd();
            assertNull(machine.failure());
            assertEquals(List.of("out f4/1 0"), machine.exits());
        }
    }

    private static List<String> states(CpuBench machine) {
        return machine.partition().save().vcpus().stream().map(StateText::of).toList();
    }

    @Test
    void aStateThatIsLoadedIsTheStateThatIsRead() throws Exception {
        try (CpuBench machine = machine(1)) {
            VcpuState start = StartStates.protectedMode(0, StartStates.CODE);
            for (int i = 0; i < 16; i++) {
                start.general()[i] = 0x1111_1111_1111_1111L * i;
            }
            machine.partition().load(0, start);
            VcpuState read = machine.partition().state(0);
            assertEquals(List.of(boxed(start.general())), List.of(boxed(read.general())));
            assertEquals(start.rip(), read.rip());
            assertEquals(start.rflags(), read.rflags());
            for (int i : new int[] {0, 1, 2, 3, 4, 5, 7}) {
                assertEquals(start.segments().get(i), read.segments().get(i), "segment " + i);
            }
            assertEquals(start.gdtr(), read.gdtr());
            assertEquals(start.idtr(), read.idtr());
            assertEquals(start.cr0(), read.cr0());
            assertEquals(start.apic().base(), read.apic().base());
            assertEquals(Activity.ACTIVE, read.activity());
            assertTrue(read.pendingEvent().isEmpty());
        }
    }

    private static List<Long> boxed(long[] values) {
        return java.util.Arrays.stream(values).boxed().toList();
    }

    @Test
    void pagesThatAreWrittenAfterTheyWereProtectedAreMarked() throws Exception {
        try (CpuBench machine = machine(1)) {
            // mov [0xb000], eax; mov [0xd0000], eax
            start(machine, 0, "a300b00000 a300000d00" + STOP);
            machine.partition().protectPages();
            machine.forgetDirty();
            machine.runToEnd();
            assertTrue(machine.isDirty(0xb000));
            assertTrue(machine.isDirty(0xd_0000));
            assertFalse(machine.isDirty(0xc000));
        }
    }
}
