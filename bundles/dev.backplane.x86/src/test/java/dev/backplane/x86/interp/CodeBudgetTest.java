package dev.backplane.x86.interp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.x86.mmu.GuestRam;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Guests that execute all of their memory, and what stays of it in the heap. */
class CodeBudgetTest {
    private static final int RAM = 16 << 20;
    private static final int FROM = 0x1000;
    private static final int STEP = 16;
    private static final int JUMPS = (RAM - FROM) / STEP;
    private static final long BYTES = 4 << 20;
    /** What the last page may take before somebody looks. */
    private static final long MARGIN = 64 << 10;

    private final CodeBudget budget = new CodeBudget(BYTES);

    private TestMachine machine() {
        return new TestMachine(new GuestRam(Arena.ofAuto().allocate(RAM, 4096)), 0, List.of(), budget).flat32();
    }

    /** A jump to the next one in every 16 bytes, and from the last to the first. */
    private static void jumps(TestMachine machine) {
        MemorySegment ram = machine.ram.bytes();
        for (int at = FROM; at < RAM; at += STEP) {
            ram.set(ValueLayout.JAVA_BYTE, at, (byte) 0xe9);
            int next = at + STEP == RAM ? FROM : at + STEP;
            ram.set(ValueLayout.JAVA_INT_UNALIGNED, at + 1, next - (at + 5));
        }
        machine.cpu.rip = FROM;
    }

    private static void run(TestMachine machine, long instructions) {
        long limit = machine.cpu.instructions + instructions;
        assertEquals(Stop.BUDGET, machine.engine.run(limit));
        assertEquals(limit, machine.cpu.instructions);
    }

    @Test
    void codeOfAllOfMemoryIsDroppedWhenItIsTooMuch() {
        TestMachine machine = machine();
        jumps(machine);
        run(machine, 10_000);
        long some = budget.usedBytes();
        assertTrue(some >= 10_000 * 100L && some < BYTES, some + " bytes");
        for (int n = 0; n < 30; n++) {
            run(machine, JUMPS / 10);
            assertTrue(budget.usedBytes() < BYTES + MARGIN, budget.usedBytes() + " bytes");
        }
    }

    @Test
    void oneThatNeedsNoMoreThanItsShareKeepsItBesideOneThatNeedsAll() {
        TestMachine modest = machine();
        jumps(modest);
        modest.ram.bytes().set(ValueLayout.JAVA_INT_UNALIGNED, FROM + 1000 * STEP + 1, -1000 * STEP - 5);
        run(modest, 5_000);
        long needed = budget.usedBytes();
        TestMachine greedy = machine();
        jumps(greedy);
        run(greedy, JUMPS);
        run(modest, 5_000);
        run(greedy, JUMPS);
        assertTrue(budget.usedBytes() < BYTES + MARGIN, budget.usedBytes() + " bytes");
        greedy.engine.close();
        assertEquals(needed, budget.usedBytes());
        modest.engine.close();
        assertEquals(0, budget.usedBytes());
    }

    @Test
    void codeThatIsOverwrittenCostsNothingAnyMore() {
        TestMachine machine = machine();
        jumps(machine);
        run(machine, JUMPS / 100);
        machine.ram.written(0, RAM);
        run(machine, 1);
        assertTrue(budget.usedBytes() < 10_000, budget.usedBytes() + " bytes");
    }
}
