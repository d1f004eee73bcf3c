package dev.backplane.machine.pc.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.Doorbell;
import dev.backplane.api.device.DoorbellHandler;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.pci.PciBar;
import dev.backplane.api.device.pci.PciDoorbell;
import dev.backplane.api.device.pci.PciFunction;
import dev.backplane.api.device.pci.PciPort;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.machine.pc.internal.fake.FakeMachine;
import dev.backplane.machine.pc.internal.fake.FakePartition;
import dev.backplane.machine.pc.internal.fake.FakeSignals;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Doorbells and messages of devices on an engine that has shorter ways for them. */
@Timeout(60)
class PciSignalsTest {
    private static final long ECAM = 0xe000_0000L;
    private static final int COMMAND = 4;
    private static final int MEMORY_AND_MASTER = 6;
    private static final long BAR = 0xc000_0000L;
    private static final long TABLE = 0xc100_0000L;
    private static final int BELL = 0x3000;

    private final PcBoard board = new PcBoard(new FakeMachine(4 << 20));
    private final FakeSignals engine = new FakeSignals();
    private final Bells bells = new Bells();

    PciSignalsTest() throws ConfigurationException {
        board.connect(engine);
    }

    /** A window that counts what rings. */
    private static final class Bells implements DoorbellHandler {
        private final AtomicInteger rung = new AtomicInteger();

        @Override
        public Runnable doorbell(long offset, int size, long value) {
            return rung::incrementAndGet;
        }

        @Override
        public long read(long offset, int size) {
            return 0;
        }

        @Override
        public void write(long offset, int size, long value) {}
    }

    private static Shape shape() {
        return Shape.empty()
                .withPci(PciFunction.of(0x1234, 0x5678, 0x01_0802)
                        .bar("regs", 0, 0x4000, PciBar.Kind.MEMORY_64)
                        .doorbell(new PciDoorbell("regs", BELL))
                        .doorbell(new PciDoorbell("regs", BELL + 4, 2, OptionalLong.of(7)))
                        .messages(4)
                        .build());
    }

    private PciPort attach() throws ConfigurationException {
        board.attach("dev", shape(), Map.of("regs", bells));
        return board.port("dev");
    }

    private void configure(int device, int register, int size, long value) {
        board.writeMemory(ECAM + (device << 15) + register, size, value);
    }

    private void placeBar(long base) {
        configure(1, 0x10, 4, base & 0xffff_ffffL);
        configure(1, 0x14, 4, base >>> 32);
    }

    private Set<String> connected() {
        synchronized (engine) {
            return engine.doorbells.keySet().stream().map(PciSignalsTest::text).collect(Collectors.toSet());
        }
    }

    private static String text(Doorbell doorbell) {
        return "%x/%d%s"
                .formatted(
                        doorbell.gpa(),
                        doorbell.sizeBytes(),
                        doorbell.value().isPresent() ? "=" + doorbell.value().getAsLong() : "");
    }

    /** As a driver does it: table in BAR 5, an entry set up, messages on. */
    private int enableMessages(int device, int vector, int data) {
        int at = (int) board.readMemory(ECAM + (device << 15) + 0x34, 1);
        while (board.readMemory(ECAM + (device << 15) + at, 1) != 0x11) {
            at = (int) board.readMemory(ECAM + (device << 15) + at + 1, 1);
        }
        configure(device, 0x24, 4, TABLE);
        configure(device, COMMAND, 2, MEMORY_AND_MASTER);
        entry(vector, 0xfee0_1000L, data);
        mask(vector, false);
        configure(device, at + 2, 2, 0x8000);
        return at;
    }

    private void entry(int vector, long address, int data) {
        board.writeMemory(TABLE + 16L * vector, 4, address);
        board.writeMemory(TABLE + 16L * vector + 8, 4, data);
    }

    private void mask(int vector, boolean on) {
        board.writeMemory(TABLE + 16L * vector + 12, 4, on ? 1 : 0);
    }

    @Test
    void doorbellsAreWhereTheGuestHasPutTheirBarWhileItDecodes() throws Exception {
        attach();
        placeBar(BAR);
        assertEquals(Set.of(), connected());
        configure(1, COMMAND, 2, 2);
        assertEquals(Set.of("c0003000/0", "c0003004/2=7"), connected());
        assertTrue(engine.rings(BAR + BELL));
        assertEquals(1, bells.rung.get());
        placeBar(0xc2_0000_0000L);
        assertEquals(Set.of("c200003000/0", "c200003004/2=7"), connected());
        assertFalse(engine.rings(BAR + BELL), "the old place is an ordinary address when the write returns");
        configure(1, COMMAND, 2, 0);
        assertEquals(Set.of(), connected());
        configure(1, COMMAND, 2, 2);
        board.reset();
        assertEquals(Set.of(), connected());
    }

    @Test
    void aBarOnAFixedPlaceOrBehindAnotherTakesNoWriteAway() throws Exception {
        attach();
        Bells others = new Bells();
        board.attach("other", shape(), Map.of("regs", others));
        configure(1, COMMAND, 2, 2);
        placeBar(0xfec0_0000L);
        assertEquals(Set.of("fec03000/0", "fec03004/2=7"), connected(), "not the I/O APIC's registers");
        placeBar(0xfee0_0000L);
        assertEquals(Set.of(), connected(), "the local APICs");
        placeBar(0);
        assertEquals(Set.of(), connected(), "RAM");
        placeBar(BAR);
        configure(2, 0x10, 4, BAR);
        configure(2, COMMAND, 2, 2);
        assertEquals(2, connected().size());
        engine.rings(BAR + BELL);
        assertEquals(1, bells.rung.get(), "the first one answers");
        assertEquals(0, others.rung.get());
        configure(1, COMMAND, 2, 0);
        engine.rings(BAR + BELL);
        assertEquals(1, others.rung.get());
    }

    @Test
    void anEngineThatTakesNoMoreLeavesTheRestToExits() throws Exception {
        attach();
        engine.room = 1;
        placeBar(BAR);
        configure(1, COMMAND, 2, 2);
        assertEquals(1, connected().size());
    }

    @Test
    void aWindowThatCannotBeRungHasOrdinaryRegisters() throws Exception {
        RegisterHandler plain = new RegisterHandler() {
            @Override
            public long read(long offset, int size) {
                return 0;
            }

            @Override
            public void write(long offset, int size, long value) {}
        };
        board.attach("dev", shape(), Map.of("regs", plain));
        placeBar(BAR);
        configure(1, COMMAND, 2, 2);
        assertEquals(Set.of(), connected());
    }

    @Test
    void theNextEngineGetsTheDoorbellsAndTheOneBeforeRingsNoMore() throws Exception {
        attach();
        placeBar(BAR);
        configure(1, COMMAND, 2, 2);
        Runnable late;
        synchronized (engine) {
            late = engine.doorbells.get(new Doorbell(BAR + BELL, 0, OptionalLong.empty()));
        }
        board.connect(null);
        engine.save();
        FakeSignals next = new FakeSignals();
        board.connect(next);
        late.run();
        assertEquals(0, bells.rung.get());
        assertTrue(next.rings(BAR + BELL));
        assertEquals(1, bells.rung.get());
        FakePartition plain = new FakePartition();
        board.connect(plain);
        configure(1, COMMAND, 2, 0);
        assertEquals(2, next.doorbells.size(), "what the one before has is its own affair");
    }

    @Test
    void anEngineThatHasRestedKeepsItsDoorbellsAndWires() throws Exception {
        PciPort port = attach();
        placeBar(BAR);
        enableMessages(1, 1, 0x41);
        board.connect(engine);
        assertTrue(engine.rings(BAR + BELL));
        assertEquals(1, bells.rung.get());
        port.message(1);
        assertEquals(List.of("w fee01000:41"), engine.messages);
        assertEquals(1, engine.wires.size());
    }

    @Test
    void anUnpluggedDeviceTakesItsDoorbellsAndWiresAlong() throws Exception {
        for (int round = 0; round < 100; round++) {
            board.plug("hot", shape(), Map.of("regs", bells));
            board.insert("hot");
            configure(24, 0x18, 4, 0x0001_0100);
            int express = capability(24, 0x10);
            configure(24, express + 0x18, 2, 0);
            long behind = ECAM + (1 << 20);
            board.writeMemory(behind + 0x10, 4, BAR);
            board.writeMemory(behind + 0x24, 4, TABLE);
            board.writeMemory(behind + COMMAND, 2, MEMORY_AND_MASTER);
            int at = (int) board.readMemory(behind + 0x34, 1);
            while (board.readMemory(behind + at, 1) != 0x11) {
                at = (int) board.readMemory(behind + at + 1, 1);
            }
            entry(1, 0xfee0_0000L, 0x55);
            mask(1, false);
            board.writeMemory(behind + at + 2, 2, 0x8000);
            assertEquals(2, connected().size());
            board.port("hot").message(1);
            assertEquals("w fee00000:55", engine.messages.getLast());
            assertEquals(1, engine.wires.size());
            board.unplug("hot");
            assertEquals(Set.of(), connected());
            assertEquals(List.of(), engine.wires);
            configure(24, express + 0x1a, 2, 0x1ff);
        }
    }

    private int capability(int device, int id) {
        int at = (int) board.readMemory(ECAM + (device << 15) + 0x34, 1);
        while (board.readMemory(ECAM + (device << 15) + at, 1) != id) {
            at = (int) board.readMemory(ECAM + (device << 15) + at + 1, 1);
        }
        return at;
    }

    @Test
    void aMessageGoesByTheWireOfItsVectorAsSoonAsItIsLetThrough() throws Exception {
        PciPort port = attach();
        enableMessages(1, 1, 0x41);
        port.message(1);
        assertEquals(List.of("w fee01000:41"), engine.messages);
        assertEquals(1, engine.wires.size(), "the masked vectors have none");
    }

    @Test
    void aWireFollowsTheTableWhenItsVectorIsUnmasked() throws Exception {
        PciPort port = attach();
        enableMessages(1, 1, 0x41);
        mask(1, true);
        entry(1, 0xfee0_2000L, 0x42);
        port.message(1);
        assertEquals(List.of(), engine.messages);
        assertEquals(2, board.readMemory(TABLE + 0x800, 4), "pending");
        mask(1, false);
        port.message(1);
        assertEquals(List.of("fee02000:42", "w fee02000:42"), engine.messages);
        int routes = engine.wires.getFirst().routes;
        mask(1, true);
        mask(1, false);
        port.message(1);
        assertEquals(routes, engine.wires.getFirst().routes, "where it leads already");
        assertEquals("w fee02000:42", engine.messages.getLast());
        entry(1, 0xfee0_2000L, 0x43);
        port.message(1);
        assertEquals("w fee02000:43", engine.messages.getLast(), "an entry that is changed unmasked");
    }

    @Test
    void noWireLeadsPastTheFunctionsRegisters() throws Exception {
        PciPort port = attach();
        int msix = enableMessages(1, 0, 0x41);
        configure(1, COMMAND, 2, 2);
        port.message(0);
        assertEquals(List.of(), engine.messages, "it is no bus master");
        configure(1, COMMAND, 2, MEMORY_AND_MASTER);
        configure(1, msix + 2, 2, 0xc000);
        port.message(0);
        assertEquals(List.of(), engine.messages, "the function is masked");
        configure(1, msix + 2, 2, 0x8000);
        assertEquals(List.of("fee01000:41"), engine.messages, "what was pending");
        configure(1, msix + 2, 2, 0);
        port.message(0);
        assertEquals(1, engine.messages.size(), "messages are off");
    }

    @Test
    void whereThereAreNoMoreWiresAMessageTakesTheLongWay() throws Exception {
        PciPort port = attach();
        engine.room = 0;
        enableMessages(1, 1, 0x41);
        port.message(1);
        assertEquals(List.of("fee01000:41"), engine.messages);
    }

    @Test
    void aMessageOnAWireThatHasEndedWaitsForTheNextEngine() throws Exception {
        PciPort port = attach();
        enableMessages(1, 1, 0x41);
        board.connect(null);
        engine.save();
        port.message(1);
        assertEquals(List.of(), engine.messages);
        FakeSignals next = new FakeSignals();
        board.connect(next);
        assertEquals(List.of("fee01000:41"), next.messages);
        port.message(1);
        assertEquals("w fee01000:41", next.messages.getLast());
    }

    @Test
    void doorbellsOutsideOfTheirBarAreRefused() {
        for (PciDoorbell wrong : List.of(
                new PciDoorbell("other", 0),
                new PciDoorbell("regs", 0x10),
                new PciDoorbell("ports", 0),
                new PciDoorbell("regs", 0xa, 8, OptionalLong.empty()))) {
            PciFunction.Builder builder = PciFunction.of(1, 2, 3)
                    .bar("regs", 0, 16, PciBar.Kind.MEMORY_32)
                    .bar("ports", 1, 16, PciBar.Kind.PORTS)
                    .doorbell(wrong);
            assertThrows(IllegalArgumentException.class, builder::build, wrong.toString());
        }
        assertThrows(IllegalArgumentException.class, () -> new PciDoorbell("regs", 0, 3, OptionalLong.empty()));
        assertThrows(IllegalArgumentException.class, () -> new PciDoorbell("regs", 0, 0, OptionalLong.of(1)));
        assertThrows(IllegalArgumentException.class, () -> new Doorbell(0, 16, OptionalLong.empty()));
    }

    /** Two vCPUs move BARs and mask vectors while a device signals: what each has done is so when its write returns. */
    @Test
    void twoProcessorsThatMoveBarsFindTheirOwnDoorbellsInPlace() throws Exception {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        attach();
        board.attach("other", shape(), Map.of("regs", new Bells()));
        Thread[] vcpus = new Thread[2];
        String[] wrong = new String[2];
        for (int i = 0; i < 2; i++) {
            int device = i + 1;
            Random random = new Random(seed + i);
            vcpus[i] = Thread.ofPlatform().start(() -> {
                configure(device, COMMAND, 2, 2);
                for (int round = 0; round < 1000 && wrong[device - 1] == null; round++) {
                    long before = board.readMemory(ECAM + (device << 15) + 0x10, 4) & -0x4000;
                    long base = BAR + 0x100_0000L * device + 0x4000L * random.nextInt(8);
                    configure(device, 0x10, 4, base);
                    boolean there = connected().contains("%x/0".formatted(base + BELL));
                    boolean old = before != base && connected().contains("%x/0".formatted(before + BELL));
                    if (!there || old) {
                        wrong[device - 1] = "round %d: %s %s".formatted(round, there, old);
                    }
                }
            });
        }
        for (Thread vcpu : vcpus) {
            vcpu.join();
        }
        assertEquals(null, wrong[0]);
        assertEquals(null, wrong[1]);
        assertEquals(4, connected().size());
    }

    /** No message is lost while its vector is masked, unmasked and led elsewhere, and while engines come and go. */
    @Test
    void everyMessageArrivesWhateverHappensToItsVector() throws Exception {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        PciPort port = attach();
        enableMessages(1, 1, 0x41);
        for (int round = 0; round < 300; round++) {
            int before = engine.messages.size();
            Thread device = Thread.ofPlatform().start(() -> port.message(1));
            switch (random.nextInt(3)) {
                case 0 -> {
                    mask(1, true);
                    entry(1, 0xfee0_1000L, 0x40 + random.nextInt(4));
                    mask(1, false);
                }
                case 1 -> {
                    board.connect(null);
                    engine.save();
                    board.connect(engine);
                }
                default -> port.messagesEnabled();
            }
            device.join();
            assertTrue(engine.messages.size() > before, "round " + round);
        }
    }
}
