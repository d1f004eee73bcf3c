package dev.backplane.machine.pc.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.pci.PciBar;
import dev.backplane.api.device.pci.PciFunction;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.machine.pc.internal.fake.FakeMachine;
import dev.backplane.machine.pc.internal.fake.FakePartition;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Slots as a hot-plug driver meets them (PCI Express 5.0, 6.7). */
class SlotTest {
    private static final long ECAM = 0xe000_0000L;
    private static final int PORT = 24;
    private static final long BAR = 0xc080_0000L;

    private static final int PRESENCE = 1 << 6;
    private static final int LINK_CHANGED = 1 << 8;
    private static final int PRESENCE_CHANGED = 1 << 3;
    private static final int BUTTON = 1;
    private static final int POWER_OFF = 1 << 10;
    private static final int LINK_ACTIVE = 1 << 13;

    private static final Shape SHAPE = Shape.empty()
            .withPci(PciFunction.of(0x1234, 0x5678, 0x01_0802)
                    .bar("regs", 0, 0x4000, PciBar.Kind.MEMORY_32)
                    .messages(2)
                    .pin()
                    .build());

    private final FakeMachine machine = new FakeMachine(4 << 20);
    private final PcBoard board = new PcBoard(machine);
    private final FakePartition engine = new FakePartition();
    private final AtomicInteger released = new AtomicInteger();
    private int port = PORT;

    SlotTest() throws ConfigurationException {
        board.connect(engine);
    }

    private static RegisterHandler answering(long value) {
        return new RegisterHandler() {
            @Override
            public long read(long offset, int size) {
                return value;
            }

            @Override
            public void write(long offset, int size, long value) {}
        };
    }

    private void plug(String name) throws ConfigurationException {
        board.plug(name, SHAPE, Map.of("regs", answering(0x77)));
    }

    private long config(int register, int size) {
        return board.readMemory(ECAM + (port << 15) + register, size);
    }

    private void configure(int register, int size, long value) {
        board.writeMemory(ECAM + (port << 15) + register, size, value);
    }

    private long behind(int register, int size) {
        return board.readMemory(ECAM + (1 << 20) + register, size);
    }

    private int capability(int id) {
        int at = (int) config(0x34, 1);
        while (at != 0 && config(at, 1) != id) {
            at = (int) config(at + 1, 1);
        }
        assertTrue(at != 0, "no capability " + id);
        return at;
    }

    private int control() {
        return capability(0x10) + 0x18;
    }

    private long status() {
        return config(control() + 2, 2);
    }

    private void clear(long bits) {
        configure(control() + 2, 2, bits);
    }

    private boolean isLinkActive() {
        return (config(capability(0x10) + 0x12, 2) & LINK_ACTIVE) != 0;
    }

    /** Bus number, messages, and the events that Linux enables: button, link, hot-plug interrupt. */
    private void drive(long power) {
        configure(0x18, 4, 0x0001_0100);
        configure(4, 2, 6);
        int msi = capability(5);
        configure(msi + 4, 4, 0xfee0_0000L);
        configure(msi + 12, 2, 0x61);
        configure(msi + 2, 2, 0x81);
        configure(control(), 2, 1 | 1 << 5 | 1 << 12 | power);
    }

    private void power(boolean on) {
        configure(control(), 2, 1 | 1 << 5 | 1 << 12 | (on ? 0 : POWER_OFF));
    }

    @Test
    void s6_7_anEmptySlotHasNoPower() {
        int express = capability(0x10);
        long slot = config(express + 0x14, 4);
        assertEquals(3, slot & 3, "attention button, power controller");
        assertEquals(1, slot >> 6 & 1, "hot-plug capable");
        assertEquals(POWER_OFF, config(control(), 2) & POWER_OFF);
        assertEquals(0, status() & PRESENCE);
    }

    @Test
    void s6_7_aDeviceThatComesIsToldAndIsThereWhenThePowerIsOn() throws Exception {
        drive(POWER_OFF);
        plug("disk1");
        assertEquals(0, status(), "not yet");
        board.insert("disk1");
        assertEquals(PRESENCE | PRESENCE_CHANGED | BUTTON, status());
        assertEquals(1, engine.messages.size());
        assertEquals(0xffff_ffffL, behind(0, 4));
        clear(PRESENCE_CHANGED | BUTTON);
        power(true);
        assertTrue(isLinkActive());
        assertEquals(PRESENCE | LINK_CHANGED, status());
        assertEquals(2, engine.messages.size());
        assertEquals(0x5678_1234L, behind(0, 4));
        board.writeMemory(ECAM + (1 << 20) + 0x10, 4, BAR);
        board.writeMemory(ECAM + (1 << 20) + 4, 2, 2);
        assertEquals(0x77, board.readMemory(BAR, 4));
    }

    @Test
    void s6_7_aDeviceThatIsToGoIsReleasedByThePower() throws Exception {
        s6_7_aDeviceThatComesIsToldAndIsThereWhenThePowerIsOn();
        clear(LINK_CHANGED);
        board.askToRelease("disk1", released::incrementAndGet);
        assertEquals(PRESENCE | BUTTON, status());
        assertEquals(3, engine.messages.size());
        assertEquals(0, released.get());
        power(false);
        assertEquals(1, released.get());
        assertEquals(0xffff_ffffL, behind(0, 4));
        assertEquals(-1, (int) board.readMemory(BAR, 4), "its addresses are free");
        board.unplug("disk1");
        assertEquals(0, status() & PRESENCE);
        power(true);
        power(false);
        assertEquals(1, released.get());
        assertThrows(IllegalArgumentException.class, () -> board.port("disk1"));
        plug("disk1");
    }

    @Test
    void s6_7_aDeviceWithoutPowerIsReleasedAlready() throws Exception {
        plug("disk1");
        board.insert("disk1");
        board.askToRelease("disk1", released::incrementAndGet);
        assertEquals(1, released.get());
        drive(0);
        assertEquals(0x5678_1234L, behind(0, 4), "it has power again");
    }

    @Test
    void s6_7_aDeviceThatIsTornOutIsToldToo() throws Exception {
        s6_7_aDeviceThatComesIsToldAndIsThereWhenThePowerIsOn();
        clear(LINK_CHANGED);
        board.unplug("disk1");
        assertEquals(PRESENCE_CHANGED | LINK_CHANGED, status());
        assertEquals(3, engine.messages.size());
        assertEquals(-1, (int) board.readMemory(BAR, 4));
    }

    @Test
    void aGuestThatTakesThePowerUnaskedFindsTheDeviceAnew() throws Exception {
        s6_7_aDeviceThatComesIsToldAndIsThereWhenThePowerIsOn();
        power(false);
        assertEquals(List.of("reset device: disk1"), machine.requests);
        power(true);
        assertEquals(0, board.readMemory(ECAM + (1 << 20) + 0x10, 4), "its registers are reset");
        assertEquals(0, released.get());
        assertEquals(1, machine.requests.size());
        board.unplug("disk1");
        power(false);
        power(true);
        assertEquals(1, machine.requests.size(), "there is none any more");
    }

    @Test
    void aResetOfTheBusBehindAPortResetsTheDevice() throws Exception {
        s6_7_aDeviceThatComesIsToldAndIsThereWhenThePowerIsOn();
        configure(0x3e, 2, 1 << 6);
        configure(0x3e, 2, 1 << 6);
        configure(0x3e, 2, 0);
        assertEquals(List.of("reset device: disk1"), machine.requests);
        assertEquals(0x5678_1234L, behind(0, 4));
        assertEquals(0, behind(0x10, 4));
    }

    @Test
    void aResetMachineFindsTheDeviceAtItsStart() throws Exception {
        s6_7_aDeviceThatComesIsToldAndIsThereWhenThePowerIsOn();
        board.reset();
        assertEquals(PRESENCE, status());
        assertTrue(isLinkActive());
        configure(0x18, 4, 0x0001_0100);
        assertEquals(0x5678_1234L, behind(0, 4));
        board.unplug("disk1");
        board.reset();
        s6_7_anEmptySlotHasNoPower();
    }

    @Test
    void aRestoredBoardHasEachDeviceInTheSlotWhereTheGuestKnowsIt() throws Exception {
        plug("disk0");
        board.insert("disk0");
        port = PORT + 1;
        s6_7_aDeviceThatComesIsToldAndIsThereWhenThePowerIsOn();
        board.unplug("disk0");
        PcState saved = board.save();
        var other = new PcBoard(new FakeMachine(4 << 20));
        other.plug("disk1", SHAPE, Map.of("regs", answering(0x99)));
        other.restore(saved);
        assertEquals(0x5678_1234L, other.readMemory(ECAM + (1 << 20), 4));
        assertEquals(0x99, other.readMemory(BAR, 4));
        long slots = ECAM + (PORT << 15) + control() + 2;
        assertEquals(0, other.readMemory(slots, 2) & PRESENCE);
        assertEquals(PRESENCE, other.readMemory(slots + (1 << 15), 2) & PRESENCE);
        other.plug("disk0", SHAPE, Map.of("regs", answering(1)));
        other.askToRelease("disk1", released::incrementAndGet);
        other.writeMemory(ECAM + (PORT + 1 << 15) + control(), 2, POWER_OFF);
        assertEquals(1, released.get());
    }

    @Test
    void aPinBehindAPortIsThePortsPin() throws Exception {
        s6_7_aDeviceThatComesIsToldAndIsThereWhenThePowerIsOn();
        clear(LINK_CHANGED);
        int line = 16 + PORT % 8;
        board.writeMemory(0xfec0_0000L, 4, 0x10 + 2 * line);
        board.writeMemory(0xfec0_0010L, 4, 0x8051);
        int before = engine.messages.size();
        board.port("disk1").pin().set(true);
        assertEquals(before + 1, engine.messages.size());
        board.unplug("disk1");
        board.endOfInterrupt(0x51);
        assertEquals(before + 2, engine.messages.size(), "the slot's own message, and no more of the pin");
    }

    @Test
    void moreDevicesThanSlotsAndThoseThatDoNotFitAreRefused() throws Exception {
        for (int i = 0; i < 8; i++) {
            plug("disk" + i);
        }
        String message =
                assertThrows(ConfigurationException.class, () -> plug("disk8")).getMessage();
        assertTrue(message.contains("no slot is free") && message.contains("disk0, disk1"), message);
        board.unplug("disk3");
        Map<String, RegisterHandler> windows = Map.of("regs", answering(0), "fixed", answering(0));
        for (Shape wrong :
                new Shape[] {SHAPE.withPorts("fixed", 0x700, 4), SHAPE.withInterrupt("line", 5), Shape.empty()}) {
            assertThrows(ConfigurationException.class, () -> board.plug("odd", wrong, windows));
        }
        plug("disk8");
    }
}
