package dev.backplane.cpu.kvm.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.backplane.api.cpu.SelfWakingVcpu;
import dev.backplane.api.cpu.Stop;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.cpu.VcpuState.Access;
import dev.backplane.testkit.cpu.CpuBench;
import dev.backplane.testkit.cpu.CpuContract;
import dev.backplane.testkit.cpu.StartStates;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Machines on the host's KVM. */
@Tag("kvm")
class KvmMachineTest extends CpuContract {
    @Override
    protected CpuBench machine(int vcpus) throws Exception {
        return new CpuBench(KvmHost.usable(), new KvmOptions(), vcpus);
    }

    @Test
    void anInstructionThatTheHostDoesNotEmulateEndsTheMachineWithItsBytesAndAHint() throws Exception {
        try (CpuBench machine = machine(1)) {
            // An instruction in memory that is not RAM: no KVM emulates FBLD there.
            machine.put(StartStates.CODE, "df250000c0fe");
            machine.partition().load(0, StartStates.protectedMode(0, StartStates.CODE));
            machine.runToEnd();
            String report = String.valueOf(machine.failure());
            assertTrue(report.contains("cannot emulate the instruction df 25 00 00 c0 fe"), report);
            assertTrue(report.contains("rip 0000000000008000"), report);
            assertTrue(report.contains("code df 25 00 00 c0 fe"), report);
            assertTrue(report.contains("cpu: {type: soft}"), report);
        }
    }

    @Test
    void aRegisterThatDoesNotExistIsAGeneralProtectionFault() throws Exception {
        try (CpuBench machine = machine(1)) {
            StartStates.tables(machine::put64, 0x9000, 13);
            machine.put(0x9000, "b000 e6f4");
            // mov ecx, 0x4000ffff; rdmsr
            machine.put(StartStates.CODE, "b9ffff0040 0f32");
            machine.partition().load(0, StartStates.protectedMode(0, StartStates.CODE));
            machine.runToEnd();
            assertEquals("out f4/1 0", machine.exits().getFirst());
            assertEquals(1, machine.partition().statistics().get("exits.msr"));
        }
    }

    @Test
    void aWriteThatWaitsIsPartOfTheState() throws Exception {
        try (CpuBench machine = machine(1)) {
            // mov dx, 0x300; mov al, 7; out dx, al
            machine.put(StartStates.CODE, "66ba0003 b007 ee");
            machine.partition().load(0, StartStates.protectedMode(0, StartStates.CODE));
            machine.away(true);
            machine.go();
            CpuBench.await(
                    "the vCPU waits", () -> machine.partition().statistics().get("exits.parked") > 0);
            machine.pause();
            var state = machine.partition().state(0);
            Access access = state.pendingAccess().orElseThrow();
            assertEquals(0x300, access.address());
            assertEquals(7, access.data()[0]);
            assertEquals(StartStates.CODE + 7, state.rip());
        }
    }

    @Test
    void aVcpuThatIsKickedWhileItIsHaltedTellsSoAndGoesOnWaiting() throws Exception {
        try (CpuBench machine = machine(1)) {
            // mov al, 1; out 0x80, al; hlt; mov al, 0; out 0xf4, al
            machine.put(StartStates.CODE, "b001 e680 f4 b000 e6f4");
            machine.partition().load(0, StartStates.protectedMode(0, StartStates.CODE));
            SelfWakingVcpu vcpu = (SelfWakingVcpu) machine.partition().vcpu(0);
            assertFalse(vcpu.halted(), "it has not begun");
            for (int round = 0; round < 3; round++) {
                Thread kicker = Thread.ofPlatform().start(() -> {
                    LockSupport.parkNanos(50_000_000);
                    vcpu.kick();
                });
                assertEquals(Stop.KICKED, machine.runHere());
                kicker.join();
                assertEquals(List.of("out 80/1 1"), machine.exits());
                assertTrue(vcpu.halted());
            }
        }
    }

    @Test
    void exitsAllocateNothing() throws Exception {
        try (CpuBench machine = machine(1)) {
            machine.silence();
            // again: out 0x80, al; in al, 0x81; mov [0xfec00000], eax; dec ecx; jnz again
            VcpuState start = StartStates.protectedMode(0, StartStates.CODE);
            machine.put(StartStates.CODE, "e680 e481 a30000c0fe 49 75f4 b000 e6f4");
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long least = Long.MAX_VALUE;
            for (int round = 0; round < 5; round++) {
                start.general()[1] = 1000;
                machine.partition().load(0, start);
                long before = threads.getCurrentThreadAllocatedBytes();
                assertEquals(Stop.MACHINE, machine.runHere());
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            // What a start and a stop cost does not depend on the exits between.
            assertTrue(least < 3000, least + " bytes in 3000 exits");
        }
    }
}
