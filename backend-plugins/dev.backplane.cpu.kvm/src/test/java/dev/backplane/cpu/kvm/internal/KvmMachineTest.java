package dev.backplane.cpu.kvm.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.VcpuState.Access;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Machines on the host's KVM. */
@Tag("kvm")
class KvmMachineTest extends MachineContract {
    @Override
    TestMachine machine(int vcpus) throws Exception {
        return new TestMachine(KvmHost.usable(), new KvmOptions(), vcpus);
    }

    @Test
    void anInstructionThatTheHostDoesNotEmulateEndsTheMachineWithItsBytesAndAHint() throws Exception {
        try (TestMachine machine = machine(1)) {
            // An instruction in memory that is not RAM: no KVM emulates FBLD there.
            machine.put(States.CODE, "df250000c0fe");
            machine.partition().load(0, States.protectedMode(0, States.CODE));
            machine.runToEnd();
            String report = String.valueOf(machine.failure);
            assertTrue(report.contains("cannot emulate the instruction df 25 00 00 c0 fe"), report);
            assertTrue(report.contains("rip 0000000000008000"), report);
            assertTrue(report.contains("code df 25 00 00 c0 fe"), report);
            assertTrue(report.contains("cpu: {type: soft}"), report);
        }
    }

    @Test
    void aRegisterThatDoesNotExistIsAGeneralProtectionFault() throws Exception {
        try (TestMachine machine = machine(1)) {
            States.tables(machine, 0x9000, 13);
            machine.put(0x9000, "b000 e6f4");
            // mov ecx, 0x4000ffff; rdmsr
            machine.put(States.CODE, "b9ffff0040 0f32");
            machine.partition().load(0, States.protectedMode(0, States.CODE));
            machine.runToEnd();
            assertEquals("out f4/1 0", machine.exits().getFirst());
            assertEquals(1, machine.partition().statistics().get("exits.msr"));
        }
    }

    @Test
    void aWriteThatWaitsIsPartOfTheState() throws Exception {
        try (TestMachine machine = machine(1)) {
            // mov dx, 0x300; mov al, 7; out dx, al
            machine.put(States.CODE, "66ba0003 b007 ee");
            machine.partition().load(0, States.protectedMode(0, States.CODE));
            machine.away = true;
            machine.go();
            TestMachine.await(
                    "the vCPU waits", () -> machine.partition().statistics().get("exits.parked") > 0);
            machine.pause();
            var state = machine.partition().state(0);
            Access access = state.pendingAccess().orElseThrow();
            assertEquals(0x300, access.address());
            assertEquals(7, access.data()[0]);
            assertEquals(States.CODE + 7, state.rip());
        }
    }
}
