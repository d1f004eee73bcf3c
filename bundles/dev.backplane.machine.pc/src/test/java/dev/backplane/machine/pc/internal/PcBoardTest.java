package dev.backplane.machine.pc.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.Interrupt;
import dev.backplane.api.device.InterruptLine;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.Shape;
import dev.backplane.api.machine.BootSource;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.machine.pc.internal.fake.FakeMachine;
import dev.backplane.machine.pc.internal.fake.FakePartition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PcBoardTest {
    private static final long IO_APIC = 0xfec0_0000L;

    @TempDir
    Path folder;

    private final FakeMachine machine;
    private final PcBoard board;
    private final FakePartition engine = new FakePartition();

    PcBoardTest() throws ConfigurationException {
        machine = new FakeMachine(4 << 20);
        board = new PcBoard(machine);
        board.connect(engine);
    }

    private static final RegisterHandler SEVEN = new RegisterHandler() {
        @Override
        public long read(long offset, int size) {
            return 7;
        }

        @Override
        public void write(long offset, int size, long value) {}
    };

    private void redirect(int pin, int low) {
        board.writeMemory(IO_APIC, 4, 0x10 + 2 * pin);
        board.writeMemory(IO_APIC + 0x10, 4, low);
    }

    private BootSource bootSector() throws Exception {
        byte[] sector = new byte[512];
        sector[510] = 0x55;
        sector[511] = (byte) 0xaa;
        return new BootSource(Files.write(folder.resolve("sector"), sector), Optional.empty(), "", List.of());
    }

    @Test
    void aDevicesWindowsAnswerOnBothBuses() throws Exception {
        Shape shape = Shape.empty().withPorts("p", 0x300, 4).withMemory("m", 0xd000_0000L, 0x100);
        board.attach("dev", shape, Map.of("p", SEVEN, "m", SEVEN));
        assertEquals(7, board.readPort(0x303, 1));
        assertEquals(7, board.readMemory(0xd000_00f8L, 8));
    }

    @Test
    void aDeviceOneOfWhoseWindowsOverlapsLeavesNothingBehind() throws Exception {
        Shape shape = Shape.empty().withPorts("p", 0x300, 4).withPorts("q", 0x40, 1);
        ConfigurationException e = assertThrows(
                ConfigurationException.class, () -> board.attach("dev", shape, Map.of("p", SEVEN, "q", SEVEN)));
        assertTrue(e.getMessage().contains("dev") && e.getMessage().contains("8254"), e.getMessage());
        assertEquals(0xff, board.readPort(0x300, 1));
    }

    @Test
    void windowsInRamOrReservedPlacesAreRefused() {
        for (long base : new long[] {0, 0xf_0000, 0x3f_f000, 0xe000_0000L, 0xfec0_0000L, 0xfee0_0000L, 0xfeff_c000L}) {
            Shape shape = Shape.empty().withMemory("m", base, 0x1000);
            assertThrows(ConfigurationException.class, () -> board.attach("dev", shape, Map.of("m", SEVEN)));
        }
    }

    @Test
    void theLegacyVideoWindowIsFreeForADevice() throws Exception {
        board.attach("vga", Shape.empty().withMemory("m", 0xa_0000, 0x2_0000), Map.of("m", SEVEN));
        assertEquals(7, board.readMemory(0xb_8000, 2));
    }

    @Test
    void aDevicesInterruptReachesTheEngineThroughTheIoApic() throws Exception {
        redirect(4, 0x34);
        InterruptLine line = board.line("com1", new Interrupt("i", 4, Interrupt.Trigger.EDGE));
        line.pulse();
        assertEquals(List.of("fee00000:4034"), engine.messages);
    }

    @Test
    void theTimersLineAndTheCascadeBelongToTheBoard() {
        for (int line : new int[] {0, 2}) {
            assertThrows(
                    ConfigurationException.class,
                    () -> board.line("dev", new Interrupt("i", line, Interrupt.Trigger.EDGE)));
        }
    }

    @Test
    void softOffAndResetReachTheMachine() {
        board.writePort(0x604, 2, 5 << 10 | 1 << 13);
        board.writePort(0xcf9, 1, 6);
        board.writePort(0x92, 1, 1);
        assertEquals(
                List.of("off: ACPI soft-off", "reset: reset register, port 0xcf9", "reset: fast reset, port 0x92"),
                machine.requests);
    }

    @Test
    void thePowerButtonRaisesTheSystemControlInterruptOnceEnabled() {
        redirect(9, 0x8039);
        board.press();
        assertEquals(List.of(), engine.messages);
        board.writePort(0x602, 2, 1 << 8);
        assertEquals(List.of("fee00000:c039"), engine.messages);
    }

    @Test
    void aGuestThatTouchesEverythingHarmsNobody() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int port = 0; port < 0x10000; port++) {
            for (int size = 1; size <= 4; size *= 2) {
                board.writePort(port, size, random.nextInt());
                board.readPort(port, size);
            }
        }
        for (int i = 0; i < 100_000; i++) {
            long gpa = random.nextInt(4) == 0 ? random.nextLong(1L << 52) : IO_APIC + random.nextInt(0x60);
            board.writeMemory(gpa, 1 << random.nextInt(4), random.nextLong());
            board.readMemory(gpa, 1 << random.nextInt(4));
            if (i % 100 == 0) {
                machine.clock().advance(1_000_000);
                board.acknowledge();
                board.endOfInterrupt(random.nextInt(256));
            }
        }
    }

    @Test
    void resetBringsTheChipsBackAndKeepsTheDevices() throws Exception {
        board.attach("dev", Shape.empty().withPorts("p", 0x300, 4), Map.of("p", SEVEN));
        board.writePort(0x21, 1, 0x12);
        redirect(4, 0x34);
        board.writePort(0x43, 1, 0x34);
        board.writePort(0x40, 1, 0x00);
        board.writePort(0x40, 1, 0x10);
        board.reset();
        assertEquals(0xff, board.readPort(0x21, 1));
        board.writeMemory(IO_APIC, 4, 0x18);
        assertEquals(1 << 16, board.readMemory(IO_APIC + 0x10, 4));
        assertEquals(0, machine.clock().armed());
        assertEquals(7, board.readPort(0x300, 1));
    }

    @Test
    void loadingAgainAfterAResetRestoresWhatTheGuestHasOverwritten() throws Exception {
        board.load(bootSector());
        byte[] tables = machine.memory().bytes(0xe_0000, 0x400);
        machine.memory().write(0, 0xa_0000).segment().fill((byte) 0x55);
        machine.memory().write(0xe_0000, 0x2_0000).segment().fill((byte) 0x55);
        board.reset();
        board.load(bootSector());
        assertEquals(Optional.empty(), firstDifference(tables, machine.memory().bytes(0xe_0000, 0x400)));
    }

    private static Optional<Integer> firstDifference(byte[] one, byte[] other) {
        int at = java.util.Arrays.mismatch(one, other);
        return at < 0 ? Optional.empty() : Optional.of(at);
    }

    @Test
    void aRestoredBoardSavesTheSameState() throws Exception {
        board.writePort(0x43, 1, 0x34);
        board.writePort(0x40, 1, 0x00);
        board.writePort(0x40, 1, 0x10);
        board.writePort(0x602, 2, 1);
        board.writePort(0x61, 1, 3);
        redirect(9, 0x8039);
        board.press();
        machine.clock().advance(5_000_000);
        PcState state = board.save();
        PcBoard other = new PcBoard(machine);
        other.restore(state);
        assertEquals(state.timer(), other.save().timer());
        assertEquals(state.power(), other.save().power());
        assertEquals(state.reset(), other.save().reset());
        assertEquals(state.interrupts().pics(), other.save().interrupts().pics());
        FakePartition next = new FakePartition();
        other.connect(next);
        other.writePort(0x602, 2, 1 << 8);
        assertEquals(List.of("fee00000:c039"), next.messages);
    }

    @Test
    void tooManyProcessorsAreRefused() throws Exception {
        FakeMachine large = new FakeMachine(1 << 20, 256);
        ConfigurationException e = assertThrows(ConfigurationException.class, () -> new PcBoard(large));
        assertTrue(e.getMessage().contains("256") && e.getMessage().contains("255"), e.getMessage());
    }

    @Test
    void aClosedBoardHasNoTimers() {
        board.writePort(0x43, 1, 0x34);
        board.writePort(0x40, 1, 0x00);
        board.writePort(0x40, 1, 0x10);
        board.close();
        assertEquals(0, machine.clock().armed());
    }
}
