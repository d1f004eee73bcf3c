package dev.backplane.cpu.bt.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.CountedVcpu;
import dev.backplane.api.cpu.Stop;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.cpu.soft.internal.SoftBackend;
import dev.backplane.cpu.soft.internal.SoftOptions;
import dev.backplane.testkit.cpu.CpuBench;
import dev.backplane.testkit.cpu.StartStates;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A guest that is moved between interpreter and translator again and again, at any instruction: with system calls, page faults,
 * interrupts, vectors, x87 and code that it writes to (the training guest of {@code runtime/}), it computes what it computes on one.
 */
@Timeout(300)
class MoveTest {
    private static final Path GUEST = Path.of("../../runtime/training/guest.elf");
    private static final int ROUNDS = 2;
    private static final int MOVES = 300;
    private static final int RBX = 3;
    private static final int RDI = 7;

    private final BtOptions verified = new BtOptions(true, false);
    private final long seed = Long.getLong("backplane.seed", new Random().nextLong());
    private final Random random = new Random(seed);
    private boolean translated;
    private int moves;
    /** What the guest takes on one backend. */
    private long instructions;

    /** How many instructions run before the next move: often few, so that two moves meet in the middle of everything. */
    private long stretch() {
        return switch (random.nextInt(4)) {
            case 0 -> 1 + random.nextInt(3);
            case 1 -> 1 + random.nextInt(100);
            default -> 1 + random.nextLong(4 * instructions / MOVES);
        };
    }

    private long run(CpuBench machine, boolean moving) throws Exception {
        load(machine);
        machine.silence();
        while (true) {
            Stop stop = machine.runHere(moving ? stretch() : Long.MAX_VALUE / 2);
            while (stop == Stop.HALTED && !machine.partition().vcpu(0).runnable()) {
                Thread.sleep(1);
            }
            machine.pause();
            if (stop == Stop.MACHINE) {
                return machine.partition().state(0).general()[RBX];
            }
            assertTrue(stop != Stop.SHUTDOWN, "triple fault, seed " + seed);
            if (moving) {
                move(machine);
            }
        }
    }

    private void move(CpuBench machine) throws Exception {
        translated = !translated;
        moves++;
        if (translated) {
            machine.move(new BtBackend(), verified);
        } else {
            machine.move(new SoftBackend(), new SoftOptions());
        }
    }

    /** Enters the guest as a loader of 64-bit ELF files does: in long mode, memory mapped to itself. */
    private static void load(CpuBench machine) throws Exception {
        ByteBuffer elf = ByteBuffer.wrap(Files.readAllBytes(GUEST)).order(ByteOrder.LITTLE_ENDIAN);
        int headers = (int) elf.getLong(32);
        for (int n = 0; n < elf.getShort(56); n++) {
            int header = headers + n * elf.getShort(54);
            if (elf.getInt(header) == 1) {
                byte[] bytes = new byte[(int) elf.getLong(header + 32)];
                elf.get((int) elf.getLong(header + 8), bytes);
                machine.put(elf.getLong(header + 24), HexFormat.of().formatHex(bytes));
            }
        }
        machine.put64(0x10000, 0x11003)
                .put64(0x11000, 0x12003)
                .put64(0x12000, 0x83)
                .put64(0x12008, 0x20_0083);
        // The descriptor of the table, and 64-bit code as its entry 3.
        machine.put(0x5000, "1f00 10500000").put64(0x5028, 0x00af_9b00_0000_ffffL);
        machine.put(StartStates.CODE, """
                b820000000 0f22e0
                b800000100 0f22d8
                b9800000c0 0f32 0d00010000 0f30
                0f20c0 0d00000080 0f22c0
                0f011500500000
                ea000020001800""");
        VcpuState start = StartStates.protectedMode(0, StartStates.CODE);
        start.general()[RDI] = ROUNDS;
        machine.partition().load(0, start);
    }

    @Test
    void aGuestThatMovesAtRandomInstructionsComputesWhatItComputesOnOneBackend() throws Exception {
        long interpreted;
        try (CpuBench machine = new CpuBench(new SoftBackend(), new SoftOptions(), 1)) {
            interpreted = run(machine, false);
            instructions = ((CountedVcpu) machine.partition().vcpu(0)).instructions();
        }
        try (CpuBench machine = new CpuBench(new BtBackend(), verified, 1)) {
            assertEquals(interpreted, run(machine, false), "translated all the time");
        }
        try (CpuBench machine = new CpuBench(new SoftBackend(), new SoftOptions(), 1)) {
            assertEquals(interpreted, run(machine, true), "moved, seed " + seed);
        }
        System.out.printf("moves between soft and bt: %d in %,d instructions, seed %d%n", moves, instructions, seed);
        assertTrue(moves > MOVES / 2, "only " + moves + " moves");
    }
}
