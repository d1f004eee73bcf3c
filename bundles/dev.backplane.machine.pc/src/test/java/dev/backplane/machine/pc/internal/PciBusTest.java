package dev.backplane.machine.pc.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.pci.PciBar;
import dev.backplane.api.device.pci.PciCapability;
import dev.backplane.api.device.pci.PciFunction;
import dev.backplane.api.device.pci.PciPort;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.machine.pc.internal.fake.FakeMachine;
import dev.backplane.machine.pc.internal.fake.FakePartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The PCI bus as a guest meets it (PCI Local Bus 3.0, chapter 6). */
class PciBusTest {
    private static final long ECAM = 0xe000_0000L;
    private static final int COMMAND = 4;
    private static final int MEMORY_AND_MASTER = 6;
    private static final long TABLE = 0xc100_0000L;

    private final PcBoard board = new PcBoard(new FakeMachine(4 << 20));
    private final FakePartition engine = new FakePartition();
    private final List<String> accesses = new ArrayList<>();

    PciBusTest() throws ConfigurationException {
        board.connect(engine);
    }

    /** A device at 00:01.0 with a wide BAR, ports, a served capability, four messages and a pin. */
    private PciPort attach() throws ConfigurationException {
        PciFunction function = PciFunction.of(0x1234, 0x5678, 0x01_0802)
                .revision(3)
                .subsystem(0xaaaa, 0xbbbb)
                .bar("regs", 0, 0x4000, PciBar.Kind.MEMORY_64)
                .bar("ports", 2, 0x20, PciBar.Kind.PORTS)
                .capability(new PciCapability(9, new byte[] {1, 2, 3, 4}))
                .capability(new PciCapability(9, new byte[14], Optional.of("window")))
                .messages(4)
                .pin()
                .build();
        Map<String, RegisterHandler> windows =
                Map.of("regs", recorder("regs"), "ports", recorder("ports"), "window", recorder("window"));
        board.attach("dev", Shape.empty().withPci(function), windows);
        return board.port("dev");
    }

    private RegisterHandler recorder(String name) {
        return new RegisterHandler() {
            @Override
            public long read(long offset, int size) {
                accesses.add("%s read %x/%d".formatted(name, offset, size));
                return 0x1122_3344_5566_7788L;
            }

            @Override
            public void write(long offset, int size, long value) {
                accesses.add("%s write %x/%d %x".formatted(name, offset, size, value));
            }
        };
    }

    private long config(int device, int register, int size) {
        return board.readMemory(ECAM + (device << 15) + register, size);
    }

    private void configure(int device, int register, int size, long value) {
        board.writeMemory(ECAM + (device << 15) + register, size, value);
    }

    private int capability(int device, int id) {
        int at = (int) config(device, 0x34, 1);
        while (at != 0 && config(device, at, 1) != id) {
            at = (int) config(device, at + 1, 1);
        }
        assertTrue(at != 0, "no capability " + id);
        return at;
    }

    /** As a driver does it: table in BAR 5, first entry set up, messages on. */
    private int enableMessages() {
        int msix = capability(1, 0x11);
        assertEquals(3, config(1, msix + 2, 2) & 0x7ff, "size less one");
        assertEquals(5, config(1, msix + 4, 4));
        configure(1, 0x24, 4, TABLE);
        configure(1, COMMAND, 2, MEMORY_AND_MASTER);
        board.writeMemory(TABLE, 4, 0xfee0_1000L);
        board.writeMemory(TABLE + 8, 4, 0x41);
        board.writeMemory(TABLE + 12, 4, 0);
        configure(1, msix + 2, 2, 0x8000);
        return msix;
    }

    @Test
    void anIdentityIsReadByBothMechanisms() throws Exception {
        attach();
        assertEquals(0x5678_1234L, config(1, 0, 4));
        assertEquals(0x0108_0203L, config(1, 8, 4));
        assertEquals(0xbbbb_aaaaL, config(1, 0x2c, 4));
        board.writePort(0xcf8, 4, 0x8000_0800);
        assertEquals(0x8000_0800, board.readPort(0xcf8, 4));
        assertEquals(0x5678_1234, board.readPort(0xcfc, 4));
        assertEquals(0x5678, board.readPort(0xcfe, 2));
        board.writePort(0xcf8, 4, 0x0000_0800);
        assertEquals(-1, board.readPort(0xcfc, 4), "not enabled");
    }

    @Test
    void whereNothingIsOnesAreRead() {
        assertEquals(0xffff_ffffL, config(2, 0, 4));
        assertEquals(0xffffL, board.readMemory(ECAM + (1 << 20), 2), "another bus");
        assertEquals(0xffff_ffffL, board.readMemory(ECAM + (1 << 12), 4), "another function");
        assertEquals(0x1b36L, config(0, 0, 2), "the host bridge");
    }

    @Test
    void theResetRegisterLiesAmongTheConfigurationPorts() throws Exception {
        FakeMachine machine = new FakeMachine(4 << 20);
        new PcBoard(machine).writePort(0xcf9, 1, 6);
        assertEquals(List.of("reset: reset register, port 0xcf9"), machine.requests);
    }

    @Test
    void sizingABarGivesItsLengthAndKind() throws Exception {
        attach();
        configure(1, 0x10, 4, 0xffff_ffffL);
        configure(1, 0x14, 4, 0xffff_ffffL);
        assertEquals(0xffff_c004L, config(1, 0x10, 4));
        assertEquals(0xffff_ffffL, config(1, 0x14, 4));
        configure(1, 0x18, 4, 0xffff_ffffL);
        assertEquals(0xffff_ffe1L, config(1, 0x18, 4));
        configure(1, 0x1c, 4, 0xffff_ffffL);
        assertEquals(0, config(1, 0x1c, 4), "no such BAR");
    }

    @Test
    void aBarAnswersWhereItIsPutWhileTheCommandRegisterLetsIt() throws Exception {
        attach();
        configure(1, 0x10, 4, 0);
        configure(1, 0x14, 4, 0xc1);
        long base = 0xc1_0000_0000L;
        assertEquals(-1, board.readMemory(base, 8));
        configure(1, COMMAND, 2, 2);
        assertEquals(0x1122_3344_5566_7788L, board.readMemory(base + 0x3ff8, 8));
        assertEquals(List.of("regs read 3ff8/8"), accesses);
        configure(1, 0x14, 4, 0xc2);
        assertEquals(-1, board.readMemory(base, 8));
        board.writeMemory(0xc2_0000_0010L, 2, 0x99);
        assertEquals("regs write 10/2 99", accesses.getLast());
        configure(1, 0x18, 4, 0x1000);
        assertEquals(0xff, board.readPort(0x1000, 1));
        configure(1, COMMAND, 2, 3);
        board.writePort(0x101f, 1, 7);
        assertEquals("ports write 1f/1 7", accesses.getLast());
    }

    @Test
    void aBarOnAFixedPlaceOrOnAnotherDoesNotTakeIt() throws Exception {
        attach();
        configure(1, COMMAND, 2, 2);
        configure(1, 0x14, 4, 0);
        configure(1, 0x10, 4, 0xfec0_0000L);
        board.readMemory(0xfec0_0000L, 4);
        assertEquals(List.of(), accesses, "the I/O APIC answers");
        configure(1, 0x10, 4, 0xc000_0000L);
        configure(1, 0x24, 4, 0xc000_0000L);
        board.readMemory(0xc000_0000L, 4);
        assertEquals(List.of("regs read 0/4"), accesses, "the lower BAR answers");
    }

    @Test
    void capabilitiesAreConstantsOrAnsweredByTheDevice() throws Exception {
        attach();
        int first = capability(1, 9);
        assertEquals(0x0403_0201L, config(1, first + 2, 2) | config(1, first + 4, 2) << 16);
        configure(1, first + 4, 2, 0);
        assertEquals(0x0403, config(1, first + 4, 2));
        int second = (int) config(1, first + 1, 1);
        assertEquals(0x7788, config(1, second + 4, 2));
        configure(1, second + 12, 4, 0x1234_5678L);
        assertEquals(List.of("window read 2/2", "window write a/4 12345678"), accesses);
    }

    @Test
    void aMessageThatIsMaskedIsPendingAndComesWhenItIsUnmasked() throws Exception {
        PciPort port = attach();
        port.message(0);
        assertFalse(port.messagesEnabled());
        int msix = enableMessages();
        assertTrue(port.messagesEnabled());
        assertEquals(List.of(), engine.messages, "what was signalled before is lost");
        port.message(0);
        assertEquals(List.of("fee01000:41"), engine.messages);
        board.writeMemory(TABLE + 12, 4, 1);
        port.message(0);
        port.message(0);
        assertEquals(1, board.readMemory(TABLE + 0x800, 4), "pending bit");
        assertEquals(1, engine.messages.size());
        board.writeMemory(TABLE + 12, 4, 0);
        assertEquals(2, engine.messages.size());
        assertEquals(0, board.readMemory(TABLE + 0x800, 8));
        configure(1, msix + 2, 2, 0xc000);
        port.message(0);
        assertEquals(2, engine.messages.size(), "the function is masked");
        configure(1, msix + 2, 2, 0x8000);
        assertEquals(3, engine.messages.size());
        port.message(1);
        port.message(77);
        port.message(-1);
        assertEquals(3, engine.messages.size(), "masked after reset, and no such vectors");
    }

    @Test
    void aMessageThatComesWhileThereIsNoEngineWaitsForTheNext() throws Exception {
        PciPort port = attach();
        enableMessages();
        board.connect(null);
        port.message(0);
        port.message(0);
        PcState state = board.save();
        FakePartition next = new FakePartition();
        board.connect(next);
        assertEquals(List.of("fee01000:41"), next.messages);
        board.connect(null);
        board.restore(state);
        FakePartition third = new FakePartition();
        board.connect(third);
        assertEquals(List.of("fee01000:41"), third.messages);
    }

    @Test
    void thePinIsALevelTriggeredLineOfTheIoApicUntilMessagesAreEnabled() throws Exception {
        PciPort port = attach();
        int line = 16 + 1;
        board.writeMemory(0xfec0_0000L, 4, 0x10 + 2 * line);
        board.writeMemory(0xfec0_0010L, 4, 0x8051);
        port.pin().set(true);
        assertEquals(1, engine.messages.size());
        assertEquals(1 << 3, config(1, 6, 2) & 1 << 3, "interrupt status");
        configure(1, COMMAND, 2, 1 << 10);
        board.endOfInterrupt(0x51);
        assertEquals(1, engine.messages.size(), "disabled");
        configure(1, COMMAND, 2, 0);
        assertEquals(2, engine.messages.size());
        enableMessages();
        board.endOfInterrupt(0x51);
        assertEquals(2, engine.messages.size(), "silent");
        port.pin().set(false);
        assertEquals(0, config(1, 6, 2) & 1 << 3);
    }

    @Test
    void aResetForgetsWhatTheGuestHasSetUp() throws Exception {
        PciPort port = attach();
        enableMessages();
        board.reset();
        assertFalse(port.messagesEnabled());
        assertEquals(0, config(1, COMMAND, 2));
        assertEquals(0, config(1, 0x24, 4));
        assertEquals(-1, (int) board.readMemory(TABLE, 4));
    }

    @Test
    void aSavedBusGoesOnInAnotherBoard() throws Exception {
        PciPort port = attach();
        enableMessages();
        board.writeMemory(TABLE + 12, 4, 1);
        port.message(0);
        configure(24, 0x18, 4, 0x0005_0500);
        PcState state = board.save();

        PciBusTest other = new PciBusTest();
        other.attach();
        other.board.restore(state);
        assertEquals(0x0005_0500, other.config(24, 0x18, 4));
        assertEquals(1, other.board.readMemory(TABLE + 0x800, 4));
        other.board.writeMemory(TABLE + 12, 4, 0);
        assertEquals(List.of("fee01000:41"), other.engine.messages);
    }

    @Test
    void aRootPortIsABridgeWithAnEmptySlotThatCanBeHotPlugged() {
        assertEquals(0x06_0400, config(24, 9, 2) | config(24, 0xb, 1) << 16);
        assertEquals(1, config(24, 0xe, 1), "bridge header");
        int express = capability(24, 0x10);
        assertEquals(4, config(24, express + 2, 2) >> 4 & 0xf, "root port");
        assertEquals(1, config(24, express + 0x14, 4) >> 6 & 1, "hot-plug capable");
        assertEquals(0, config(24, express + 0x1a, 2) >> 6 & 1, "nothing there");
        configure(24, 0x18, 4, 0x0001_0100);
        assertEquals(0xffff_ffffL, board.readMemory(ECAM + (1 << 20), 4));
    }

    @Test
    void moreDevicesThanBusZeroHoldsAreRefused() throws Exception {
        PciFunction plain = PciFunction.of(1, 2, 3).build();
        for (int i = 0; i < 23; i++) {
            board.attach("d" + i, Shape.empty().withPci(plain), Map.of());
        }
        ConfigurationException e = assertThrows(
                ConfigurationException.class,
                () -> board.attach("d23", Shape.empty().withPci(plain), Map.of()));
        assertTrue(e.getMessage().contains("d23") && e.getMessage().contains("23 devices"), e.getMessage());
    }

    @Test
    void shapesThatCannotBeAreRefused() {
        PciFunction.Builder builder = PciFunction.of(1, 2, 3).bar("a", 0, 16, PciBar.Kind.MEMORY_64);
        builder.bar("b", 1, 16, PciBar.Kind.MEMORY_32);
        assertThrows(IllegalArgumentException.class, builder::build);
        for (int bytes : new int[] {0, 8, 24}) {
            assertThrows(IllegalArgumentException.class, () -> new PciBar("a", 0, bytes, PciBar.Kind.MEMORY_32));
        }
        assertThrows(IllegalArgumentException.class, () -> new PciBar("a", 5, 16, PciBar.Kind.MEMORY_64));
        assertThrows(
                IllegalArgumentException.class,
                () -> PciFunction.of(1, 2, 3).messages(2049).build());
    }

    @Test
    void noAccessOfAGuestThrows() throws Exception {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        PciPort port = attach();
        for (int i = 0; i < 200_000; i++) {
            int size = 1 << random.nextInt(3);
            long at = switch (random.nextInt(4)) {
                case 0 -> ECAM + random.nextInt(0x1000_0000);
                case 1 -> ECAM + (1 << 15) + random.nextInt(256);
                case 2 -> ECAM + (24 + random.nextInt(8) << 15) + random.nextInt(256);
                default -> TABLE + random.nextInt(0x1000);
            };
            if (random.nextBoolean()) {
                board.readMemory(at, size);
            } else {
                board.writeMemory(at, size, random.nextInt());
            }
            int data = 0xcf8 + random.nextInt(8);
            board.writePort(data, size, random.nextInt());
            board.readPort(data, size);
            if (random.nextInt(100) == 0) {
                port.message(random.nextInt(-1, 6));
                port.pin().set(random.nextBoolean());
            }
        }
        PcState state = board.save();
        board.restore(state);
    }
}
