package dev.backplane.cpu.kvm.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.Stop;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.cpu.soft.internal.SoftBackend;
import dev.backplane.cpu.soft.internal.SoftOptions;
import dev.backplane.testkit.cpu.CpuBench;
import dev.backplane.testkit.cpu.StartStates;
import dev.backplane.testkit.cpu.StateText;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Machines that are paused on one backend and go on with the other, in both directions. */
@Tag("kvm")
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class MoveTest {
    private static final long HANDLER = 0x9000;
    private static final String STOP = "b000 e6f4";
    /** lock inc dword [0xb000]; mov dword [0xfee000b0], 0 (EOI); ret 8. */
    private static final String COUNT_AND_EOI = "f0ff0500b00000 c705b000e0fe00000000 c20800";

    private static void toKvm(CpuBench machine) throws Exception {
        machine.move(KvmHost.usable(), new KvmOptions());
    }

    private static void toSoft(CpuBench machine) throws Exception {
        machine.move(new SoftBackend(), new SoftOptions());
    }

    private static CpuBench onSoft(int vcpus) throws Exception {
        KvmHost.usable();
        return new CpuBench(new SoftBackend(), new SoftOptions(), vcpus);
    }

    private static CpuBench onKvm(int vcpus) throws Exception {
        return new CpuBench(KvmHost.usable(), new KvmOptions(), vcpus);
    }

    private static void start(CpuBench machine, String code) {
        machine.put(StartStates.CODE, code);
        machine.partition().load(0, StartStates.protectedMode(0, StartStates.CODE));
    }

    /** The sum of 1, 2, 3, ... in rax, with the last summand in rcx; stops when dword [0xb004] is not zero. */
    private static void startSum(CpuBench machine) {
        // xor eax, eax; xor ecx, ecx;
        // again: inc ecx; add eax, ecx; mov [0xb000], ecx; cmp dword [0xb004], 0; je again
        start(machine, "31c0 31c9 41 01c8 890d00b00000 833d04b0000000 74ee" + STOP);
    }

    private static void letItSum(CpuBench machine) throws Exception {
        int before = machine.get32(0xb000);
        machine.go();
        CpuBench.await("it counts", () -> machine.get32(0xb000) - before > 1000);
        machine.pause();
        assertNull(machine.failure());
    }

    private static void endSum(CpuBench machine) throws Exception {
        machine.put(0xb004, "01000000");
        machine.runToEnd();
        assertNull(machine.failure());
        long[] general = machine.partition().state(0).general();
        // STOP has written al.
        long count = general[1];
        assertEquals((int) (count * (count + 1) / 2) & ~0xff, (int) general[0] & ~0xff);
        assertEquals(count, machine.get32(0xb000));
    }

    @Test
    void aLoopGoesOnFromKvmToSoftAndBackAgain() throws Exception {
        try (CpuBench machine = onKvm(1)) {
            startSum(machine);
            letItSum(machine);
            toSoft(machine);
            letItSum(machine);
            toKvm(machine);
            letItSum(machine);
            toSoft(machine);
            endSum(machine);
        }
    }

    @Test
    void aLoopGoesOnFromSoftToKvmAndBackAgain() throws Exception {
        try (CpuBench machine = onSoft(1)) {
            startSum(machine);
            letItSum(machine);
            toKvm(machine);
            letItSum(machine);
            toSoft(machine);
            letItSum(machine);
            toKvm(machine);
            endSum(machine);
        }
    }

    @Test
    void aStateIsTheSameOnBothSides() throws Exception {
        try (CpuBench machine = onSoft(2)) {
            startSum(machine);
            letItSum(machine);
            List<VcpuState> before = machine.partition().save().vcpus();
            toKvm(machine);
            List<VcpuState> onKvm = machine.partition().save().vcpus();
            toSoft(machine);
            List<VcpuState> after = machine.partition().save().vcpus();
            for (int i = 0; i < 2; i++) {
                assertEquals(StateText.of(before.get(i)), StateText.of(onKvm.get(i)));
                assertEquals(StateText.of(before.get(i)), StateText.of(after.get(i)));
            }
        }
    }

    @Test
    void anApicTimerGoesOnInTheOther() throws Exception {
        for (boolean kvmFirst : new boolean[] {true, false}) {
            try (CpuBench machine = kvmFirst ? onKvm(1) : onSoft(1)) {
                StartStates.tables(machine::put64, HANDLER, 0x40);
                machine.put(HANDLER, COUNT_AND_EOI);
                // LVT timer periodic vector 0x40, divide by 1, count 5,000,000 (5 ms);
                // again: sti; hlt; jmp again
                start(machine, "c7052003e0fe40000200 c705e003e0fe0b000000 c7058003e0fe404b4c00 fb f4 ebfc");
                machine.go();
                CpuBench.await("it ticks", () -> machine.get32(0xb000) >= 2);
                machine.pause();
                if (kvmFirst) {
                    toSoft(machine);
                } else {
                    toKvm(machine);
                }
                int ticks = machine.get32(0xb000);
                machine.go();
                CpuBench.await("it ticks on", () -> machine.get32(0xb000) >= ticks + 2);
                machine.pause();
                assertNull(machine.failure());
            }
        }
    }

    @Test
    void aDeadlineOfTheTimeStampCounterIsKept() throws Exception {
        for (boolean kvmFirst : new boolean[] {true, false}) {
            try (CpuBench machine = kvmFirst ? onKvm(1) : onSoft(1)) {
                StartStates.tables(machine::put64, HANDLER, 0x40);
                machine.put(HANDLER, COUNT_AND_EOI);
                // LVT timer TSC-deadline vector 0x40; rdtsc; edx:eax += 0x8000000 (0.13 s at 1 GHz); mov ecx, 0x6e0;
                // wrmsr;
                // inc dword [0xb008]; again: sti; hlt; jmp again
                start(machine, "c7052003e0fe40000400 0f31 0500000008 83d200 b9e0060000 0f30 ff0508b00000 fb f4 ebfc");
                machine.go();
                CpuBench.await("it is armed", () -> machine.get32(0xb008) == 1);
                machine.pause();
                assertEquals(0, machine.get32(0xb000), "the pause came too late");
                if (kvmFirst) {
                    toSoft(machine);
                } else {
                    toKvm(machine);
                }
                machine.go();
                CpuBench.await("it expires", () -> machine.get32(0xb000) == 1);
                machine.pause();
                assertNull(machine.failure());
            }
        }
    }

    @Test
    void aWriteThatWaitsForItsBayIsMadeOnTheOtherSide() throws Exception {
        for (boolean kvmFirst : new boolean[] {true, false}) {
            try (CpuBench machine = kvmFirst ? onKvm(1) : onSoft(1)) {
                // mov dx, 0x300; mov al, 7; out dx, al; mov dword [0xfec01000], 0x12345678
                start(machine, "66ba0003 b007 ee c7050010c0fe78563412" + STOP);
                machine.away(true);
                machine.go();
                CpuBench.await("the vCPU waits", () -> machine.stop(0) == Stop.PARKED);
                machine.pause();
                if (kvmFirst) {
                    toSoft(machine);
                } else {
                    toKvm(machine);
                }
                assertEquals(List.of(), machine.exits());
                machine.away(false);
                machine.runToEnd();
                assertNull(machine.failure());
                assertEquals(List.of("out 300/1 7", "write fec01000/4 12345678", "out f4/1 0"), machine.exits());
            }
        }
    }

    @Test
    void aReadThatWaitsForItsBayIsMadeOnTheOtherSide() throws Exception {
        try (CpuBench machine = onKvm(1)) {
            // mov eax, [0xfec01000]; mov ecx, eax
            start(machine, "a10010c0fe 89c1" + STOP);
            machine.away(true);
            machine.go();
            CpuBench.await("the vCPU waits", () -> machine.stop(0) == Stop.PARKED);
            machine.pause();
            assertTrue(machine.partition().state(0).pendingAccess().isEmpty());
            toSoft(machine);
            machine.away(false);
            machine.runToEnd();
            assertNull(machine.failure());
            assertEquals(List.of("read fec01000/4", "out f4/1 0"), machine.exits());
            assertEquals(0x77, machine.partition().state(0).general()[1]);
        }
    }
}
