package dev.backplane.machine.pc.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import dev.backplane.machine.pc.internal.fake.FakeMachine;
import dev.backplane.machine.pc.internal.fake.FakePartition;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Processors come and go as the methods of the DSDT see it. */
class ProcessorsTest {
    private static final long IO_APIC = 0xfec0_0000L;
    private static final int STATUS = 0x610;
    private static final int ENABLE = 0x611;
    private static final int SLOTS = 0x620;

    private static final int PRESENT = 1;
    private static final int INSERTED = 2;
    private static final int WANTED = 4;
    private static final int EJECT = 8;

    private final FakeMachine machine = new FakeMachine(4 << 20, 1, 4);
    private final PcBoard board = new PcBoard(machine);
    private final FakePartition engine = new FakePartition();

    ProcessorsTest() throws ConfigurationException {
        board.connect(engine);
        // Where Linux expects the system control interrupt: level-triggered, vector 0x39.
        board.writeMemory(IO_APIC, 4, 0x22);
        board.writeMemory(IO_APIC + 0x10, 4, 0x8039);
    }

    private int slot(int number) {
        return board.readPort(SLOTS + number, 1);
    }

    private void write(int port, int value) {
        board.writePort(port, 1, value);
    }

    @Test
    void oneThatComesIsToldByTheEventAndStaysOverAReset() {
        assertEquals(List.of(PRESENT, 0, 0, 0), List.of(slot(0), slot(1), slot(2), slot(3)));
        write(ENABLE, 0xff);
        assertEquals(1, board.readPort(ENABLE, 1));
        board.insertProcessor(2);
        assertEquals(List.of("fee00000:c039"), engine.messages);
        assertEquals(1, board.readPort(STATUS, 1));
        assertEquals(PRESENT | INSERTED, slot(2));
        write(STATUS, 1);
        assertEquals(0, board.readPort(STATUS, 1));
        write(SLOTS + 2, INSERTED);
        assertEquals(PRESENT, slot(2));
        board.reset();
        assertEquals("{0, 2}", board.processors().toString());
        assertEquals(0, board.readPort(ENABLE, 1));
    }

    @Test
    void oneThatIsAskedForGoesWhenTheGuestEjectsItAndNotBefore() {
        board.insertProcessor(1);
        write(SLOTS + 1, INSERTED);
        write(STATUS, 1);
        board.askForProcessor(1);
        assertEquals(1, board.readPort(STATUS, 1));
        assertEquals(PRESENT | WANTED, slot(1));
        write(SLOTS + 1, WANTED);
        assertEquals(PRESENT, slot(1));
        assertEquals(List.of(), machine.requests);
        write(SLOTS + 1, EJECT);
        assertEquals(List.of("ejected: 1"), machine.requests);
        assertEquals(0, slot(1));
        assertEquals("{0}", board.processors().toString());
        // Again, and what was never there.
        write(SLOTS + 1, EJECT);
        write(SLOTS + 3, EJECT);
        board.askForProcessor(1);
        assertEquals("{0}", board.processors().toString());
        assertEquals(1, machine.requests.size());
    }

    @Test
    void theBootProcessorStays() {
        write(SLOTS, EJECT);
        assertEquals(PRESENT, slot(0));
        assertEquals(List.of(), machine.requests);
    }

    @Test
    void withoutTheEnableBitNothingInterruptsBeforeItIsSet() {
        board.insertProcessor(1);
        assertEquals(List.of(), engine.messages);
        write(ENABLE, 1);
        assertEquals(1, engine.messages.size());
    }

    @Test
    void whereProcessorsStayThereIsNothingAtThePorts() throws ConfigurationException {
        PcBoard fixed = new PcBoard(new FakeMachine(4 << 20, 2));
        assertEquals(0xff, fixed.readPort(STATUS, 1));
        assertEquals(0xff, fixed.readPort(SLOTS, 1));
        assertEquals("{0, 1}", fixed.processors().toString());
        assertEquals(Optional.empty(), fixed.save().processors());
    }

    @Test
    void aBoardGoesOnFromTheStateOfAnother() throws Exception {
        board.insertProcessor(1);
        board.insertProcessor(3);
        write(SLOTS + 3, INSERTED);
        board.askForProcessor(3);
        write(ENABLE, 1);
        FakeMachine another = new FakeMachine(4 << 20, 1, 4);
        PcBoard other = new PcBoard(another);
        PcState state = board.save();
        other.restore(state);
        for (int port = STATUS; port < SLOTS + 4; port++) {
            assertEquals(board.readPort(port, 1), other.readPort(port, 1), "port 0x%x".formatted(port));
        }
        assertArrayEquals(
                state.processors().orElseThrow().wanted(),
                other.save().processors().orElseThrow().wanted());
        PcBoard fixed = new PcBoard(new FakeMachine(4 << 20, 4));
        assertThrows(StateException.class, () -> fixed.restore(state));
    }

    /** Whatever it writes, the boot processor stays, nothing beyond the last one comes, and each goes once. */
    @Test
    void aGuestThatWritesAnythingLosesNoMoreThanItHas() {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("backplane.seed=" + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            int size = 1 << random.nextInt(3);
            int port = STATUS + random.nextInt(0x14 - size + 1);
            if (random.nextBoolean()) {
                board.writePort(port, size, random.nextInt() >>> 32 - 8 * size);
            } else {
                board.readPort(port, size);
            }
            if (random.nextInt(8) == 0) {
                int missing = board.processors().nextClearBit(0);
                if (missing < 4) {
                    board.insertProcessor(missing);
                }
            } else if (random.nextInt(8) == 0) {
                board.askForProcessor(1 + random.nextInt(3));
            }
            int present = board.processors().length();
            if (!board.processors().get(0) || present > 4) {
                throw new AssertionError(board.processors() + " with seed " + seed);
            }
        }
    }
}
