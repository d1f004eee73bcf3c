package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.pci.PciFunction;
import dev.backplane.api.machine.MachineContext;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmSource;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.fake.Archivist;
import dev.backplane.kernel.internal.fake.Platter;
import dev.backplane.kernel.internal.fake.TestHost;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/** Devices come to a machine that runs, and leave it. */
@Timeout(120)
class HotPlugTest {
    private static final String FILE = """
            name: web
            memory: 64KiB
            boot: {kernel: none}
            onVacant: wait
            devices:
              - {type: archivist, id: disk0, disk: {type: plain, on: {type: platter}}}
            """;
    private static final Duration LONG = Duration.ofSeconds(60);

    private final TestHost host = new TestHost();
    private final Platter platter = new Platter();
    private final Platter other = new Platter();
    private final Archivist first = new Archivist();
    private final Archivist second = new Archivist();
    private final AtomicBoolean enough = new AtomicBoolean();
    private Offer protocol = host.offer(Kind.PROTOCOL, "other", "1.0.0", other.new Memory());

    /** The same on a card, of which some are broken. */
    private static final class Card implements DeviceFactory<Archivist.Options, Archivist.State> {
        private final Archivist made;
        private final boolean broken;

        Card(Archivist made, boolean broken) {
            this.made = made;
            this.broken = broken;
        }

        @Override
        public Shape shape(Archivist.Options options) {
            return Shape.empty().withPci(PciFunction.of(1, 2, 3).build());
        }

        @Override
        public Device<Archivist.State> create(Archivist.Options options, DeviceContext context)
                throws ConfigurationException {
            if (broken) {
                throw new ConfigurationException("it is broken");
            }
            return made.create(options, context);
        }

        @Override
        public Device<Archivist.State> restore(
                Archivist.Options options, DeviceContext context, Archivist.State state) {
            return made.restore(options, context, state);
        }
    }

    @BeforeEach
    void offer() {
        host.offer(Kind.STORAGE, "plain", "1.0.0", platter.new Plain());
        host.offer(Kind.PROTOCOL, "platter", "1.0.0", platter.new Memory());
        host.offer(Kind.DEVICE, "archivist", "1.0.0", first);
        host.offer(Kind.DEVICE, "card", "1.0.0", new Card(second, false));
        host.offer(Kind.DEVICE, "broken", "1.0.0", new Card(second, true));
        host.offerIdleCpu(enough);
    }

    @AfterEach
    void close() {
        host.close();
    }

    private Vm start() throws Exception {
        return host.start(FILE);
    }

    private static void add(Vm vm, String device) throws VmException {
        vm.addDevice(new VmSource("", device, Path.of("/vms"), Map.of()));
    }

    private static void addCard(Vm vm, String id) throws VmException {
        add(vm, "{type: card, id: %s, disk: {type: other}}".formatted(id));
    }

    private static List<String> ids(Vm vm) {
        return vm.bays().stream().map(Vm.BayInfo::id).toList();
    }

    /** The guest lets a device go when it is asked to. */
    private CompletableFuture<Void> remove(Vm vm, String id) throws InterruptedException {
        host.board.asked.clear();
        var removed = CompletableFuture.runAsync(() -> {
            try {
                vm.removeDevice(id, LONG);
            } catch (VmException e) {
                throw new IllegalStateException(e.getMessage());
            }
        });
        TestHost.await("the guest is asked", () -> host.board.asked.containsKey(id));
        return removed;
    }

    @Test
    void aDeviceComesWithItsDiskAndGoesWithAllThatItHasWritten() throws Exception {
        Vm vm = start();
        for (int round = 0; round < 3; round++) {
            long counted = second.counted.get();
            other.bytes.set(ValueLayout.JAVA_LONG, 0, 0);
            addCard(vm, "disk1");
            assertEquals(
                    List.of("cpu", "disk0", "disk0.disk", "disk0.disk.on", "disk1", "disk1.disk", "scheduler"),
                    ids(vm));
            assertEquals("insert disk1", host.board.log.getLast());
            second.awaitProgress();
            var removed = remove(vm, "disk1");
            second.awaitProgress();
            host.board.asked.get("disk1").run();
            removed.get(60, TimeUnit.SECONDS);
            assertEquals(List.of("cpu", "disk0", "disk0.disk", "disk0.disk.on", "scheduler"), ids(vm));
            assertEquals("unplug disk1", host.board.log.getLast());
            assertEquals(second.counted.get() - counted, other.bytes.get(ValueLayout.JAVA_LONG, 0));
        }
        first.awaitProgress();
        assertEquals(List.of(), second.complaints);
        assertEquals(List.of(), first.complaints);
    }

    @Test
    void aDeviceThatHasComeIsReplacedAndResetAsTheOthersAre() throws Exception {
        Vm vm = start();
        addCard(vm, "disk1");
        host.catalogue.remove(protocol);
        protocol = host.offer(Kind.PROTOCOL, "other", "1.1.0", other.new Memory());
        second.awaitProgress();
        enough.set(true);
        assertEquals(VmState.STOPPED, TestHost.outcome(vm).state());
        assertEquals(List.of(), second.complaints);
    }

    @Test
    void aDeviceThatLosesItsPowerIsResetAloneAndGoesOn() throws Exception {
        Vm vm = start();
        addCard(vm, "disk1");
        second.awaitProgress();
        MachineContext board = Objects.requireNonNull(host.board.context);
        board.resetDevice("disk9");
        board.resetDevice("disk1");
        TestHost.await("it counts from the beginning", () -> !second.complaints.isEmpty());
        second.awaitProgress();
        assertEquals(1, second.complaints.size(), second.complaints::toString);
        assertTrue(second.complaints.getFirst().endsWith("expected 0"), second.complaints::toString);
        assertEquals(1, second.rests.get());
        assertEquals(0, first.rests.get());
        first.awaitProgress();
        assertEquals(List.of(), first.complaints);
    }

    @Test
    void aGuestThatDoesNotLetGoKeepsTheDevice() throws Exception {
        Vm vm = start();
        addCard(vm, "disk1");
        String message = assertThrows(VmException.class, () -> vm.removeDevice("disk1", Duration.ofMillis(50)))
                .getMessage();
        assertTrue(message.startsWith("web: the guest has not let disk1 go within 0.1 s"), message);
        second.awaitProgress();
        // Too late, and without effect.
        host.board.asked.get("disk1").run();
        second.awaitProgress();
        var removed = remove(vm, "disk1");
        message = assertThrows(VmException.class, () -> vm.removeDevice("disk1", LONG))
                .getMessage();
        assertEquals("disk1 is about to leave web already", message);
        host.board.asked.get("disk1").run();
        removed.get(60, TimeUnit.SECONDS);
    }

    @Test
    void aMachineThatEndsMeanwhileIsNotWaitedFor() throws Exception {
        Vm vm = start();
        addCard(vm, "disk1");
        var removed = remove(vm, "disk1");
        vm.kill("test");
        assertThrows(Exception.class, () -> removed.get(30, TimeUnit.SECONDS));
    }

    @Test
    void whatCannotComeLeavesNothingBehind() throws Exception {
        Vm vm = start();
        assertRefused("disk0: the identifier of another part of web", () -> addCard(vm, "disk0"));
        assertRefused("cpu: the identifier of another part of web", () -> addCard(vm, "cpu"));
        assertRefused(
                "device.type: no installed plugin offers the device type \"cart\"",
                () -> add(vm, "{type: cart, id: d}"));
        assertRefused("device.disk: missing", () -> add(vm, "{type: card, id: d}"));
        assertRefused("device.id: missing", () -> add(vm, "{type: card}"));
        assertRefused("device: expected a map", () -> add(vm, "card"));
        assertRefused("device: d: no slot", () -> add(vm, "{type: archivist, id: d, disk: {type: other}}"));
        assertRefused("device: it is broken", () -> add(vm, "{type: broken, id: d, disk: {type: other}}"));
        assertEquals(List.of(), host.board.slots);
        assertEquals(List.of("cpu", "disk0", "disk0.disk", "disk0.disk.on", "scheduler"), ids(vm));
        addCard(vm, "disk1");
        addCard(vm, "disk2");
        assertRefused("device: disk3: no slot", () -> addCard(vm, "disk3"));
    }

    @Test
    void whatCannotGoSaysWhy() throws Exception {
        Vm vm = start();
        assertRefused("web has no device \"disk9\"; those in slots are: none", () -> vm.removeDevice("disk9", LONG));
        addCard(vm, "disk1");
        assertRefused("disk0 is no device that can leave web", () -> vm.removeDevice("disk0", LONG));
        assertRefused(
                "web has no device \"disk1.disk\"; those in slots are: disk1",
                () -> vm.removeDevice("disk1.disk", LONG));
        vm.pause();
        assertRefused("web: devices come and go while a machine runs only: it is PAUSED", () -> addCard(vm, "disk2"));
        assertRefused("web: devices come and go", () -> vm.removeDevice("disk1", LONG));
    }

    private static void assertRefused(String beginning, Executable request) {
        String message = assertThrows(VmException.class, request).getMessage();
        assertTrue(message.startsWith(beginning), message);
    }
}
