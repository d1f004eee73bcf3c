package dev.backplane.cpu.bt.internal.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.cpu.bt.internal.emit.BlockCheck;
import dev.backplane.cpu.bt.internal.host.HostProbe;
import dev.backplane.cpu.bt.internal.translate.Fidelity;
import dev.backplane.x86.vcpu.ExecutionFailure;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A fault of the translator ends the machine in which it came up, with a report, and leaves others alone. */
class ContainmentTest {
    /** inc rax; mov rbx,rax; then a jump to the next page, where something else begins. */
    private static final byte[] CODE = {
        0x48, (byte) 0xFF, (byte) 0xC0, 0x48, (byte) 0x89, (byte) 0xC3, (byte) 0xE9, (byte) 0xF5, 0x0F, 0, 0
    };

    private static final byte[] NEXT = {0x48, (byte) 0xFF, (byte) 0xC1};

    @BeforeEach
    void onThisHost() {
        Assumptions.assumeTrue(HostProbe.obstacle().isEmpty(), HostProbe.obstacle());
    }

    private static BtMachine machine(BlockCheck check) {
        BtMachine machine = new BtMachine(Fidelity.USUAL, new BlockWatch(check, null)).userMode();
        machine.map(BtMachine.CODE, BtMachine.CODE);
        machine.map(BtMachine.CODE + 0x1000, BtMachine.CODE + 0x1000);
        machine.code(BtMachine.CODE, CODE);
        machine.code(BtMachine.CODE + 0x1000, NEXT);
        machine.cpu.rip = BtMachine.CODE;
        machine.cpu.r[0] = 41;
        return machine;
    }

    /** Refuses the second block that comes. */
    private static BlockCheck refusingTheSecond() {
        int[] seen = {0};
        return (code, size, base) -> {
            if (++seen[0] == 2) {
                throw new IllegalStateException("injected");
            }
        };
    }

    @Test
    void refusedBlockIsReportedWithTheGuestAsItThenIs() {
        try (BtMachine broken = machine(refusingTheSecond());
                BtMachine other = machine(BlockWatch.verifier())) {
            var failure = assertThrows(ExecutionFailure.class, () -> broken.run(true));
            String report = failure.getMessage();
            assertTrue(report.contains("injected"), report);
            assertTrue(report.contains("guest code at 0000000000011000, 3 bytes"), report);
            assertTrue(report.contains("48 ff c1"), report);
            assertTrue(report.contains("inc rcx"), report);
            assertTrue(report.contains("emitted code at"), report);
            assertEquals(BtMachine.CODE + 0x1000, broken.cpu.rip);
            assertEquals(42, broken.cpu.r[3]);
            other.run(true);
            assertEquals(6, other.vector);
            assertEquals(1, other.cpu.r[1]);
        }
    }

    @Test
    void machineThatFailedCanBeClosedAndMadeAgain() {
        try (BtMachine broken = machine((code, size, base) -> {
            throw new ArrayIndexOutOfBoundsException("injected at once");
        })) {
            assertThrows(ExecutionFailure.class, () -> broken.run(true));
            assertThrows(ExecutionFailure.class, () -> broken.run(true), "nothing of the block is kept");
        }
        try (BtMachine again = machine(BlockWatch.verifier())) {
            again.run(true);
            assertEquals(42, again.cpu.r[3]);
        }
    }

    @Test
    void exitThatNobodyEmittedIsReported() {
        try (BtMachine machine = machine(BlockWatch.verifier())) {
            String report = assertThrows(ExecutionFailure.class, () -> machine.translation.check(99, 0))
                    .getMessage();
            assertTrue(report.contains("kind 99"), report);
            assertThrows(ExecutionFailure.class, () -> machine.translation.check(0, -1));
            assertThrows(ExecutionFailure.class, () -> machine.translation.check(0, Integer.MAX_VALUE));
        }
    }
}
