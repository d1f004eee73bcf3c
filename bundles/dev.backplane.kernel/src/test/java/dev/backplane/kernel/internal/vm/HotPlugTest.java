package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.pci.PciFunction;
import dev.backplane.api.machine.MachineContext;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateVersion;
import dev.backplane.api.vm.CloneOptions;
import dev.backplane.api.vm.RestoreOptions;
import dev.backplane.api.vm.SnapshotOptions;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmSource;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.fake.Archivist;
import dev.backplane.kernel.internal.fake.FilePlatter;
import dev.backplane.kernel.internal.fake.Platter;
import dev.backplane.kernel.internal.fake.TestHost;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

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
    private static final String BARE = """
            name: web
            memory: 64KiB
            boot: {kernel: none}
            """;
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path folder;

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

    /** A card without a disk. */
    private static final class PlainCard implements DeviceFactory<PlainCard.Options, PlainCard.State> {
        record Options() {}

        @StateVersion(schema = "plain-card", writes = 1, reads = 1)
        record State(int spare) {}

        @Override
        public Shape shape(Options options) {
            return Shape.empty().withPci(PciFunction.of(1, 2, 3).build());
        }

        @Override
        public Device<State> create(Options options, DeviceContext context) {
            return new Made();
        }

        @Override
        public Device<State> restore(Options options, DeviceContext context, State state) {
            return new Made();
        }

        private static final class Made implements Device<State> {
            @Override
            public void quiesce(Deadline deadline) {}

            @Override
            public State save() {
                return new State(0);
            }

            @Override
            public void resume(Resumption why) {}

            @Override
            public void reset(ResetKind kind) {}

            @Override
            public void close() {}
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
                "d.type: no installed plugin offers the device type \"cart\"", () -> add(vm, "{type: cart, id: d}"));
        assertRefused("d.disk: missing", () -> add(vm, "{type: card, id: d}"));
        assertRefused("device.id: missing", () -> add(vm, "{type: card}"));
        assertRefused("device: expected a map", () -> add(vm, "card"));
        assertRefused("d: no slot", () -> add(vm, "{type: archivist, id: d, disk: {type: other}}"));
        assertRefused("d: it is broken", () -> add(vm, "{type: broken, id: d, disk: {type: other}}"));
        assertEquals(List.of(), host.board.slots);
        assertEquals(List.of("cpu", "disk0", "disk0.disk", "disk0.disk.on", "scheduler"), ids(vm));
        addCard(vm, "disk1");
        addCard(vm, "disk2");
        assertRefused("disk3: no slot", () -> addCard(vm, "disk3"));
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

    private static String type(Vm vm, String bay) {
        return vm.bays().stream()
                .filter(each -> each.id().equals(bay))
                .map(each -> each.type() + " " + each.state())
                .findFirst()
                .orElse("none");
    }

    /** With its disk, which lies in the folder that the request named and not in the VM file's, and with its state. */
    @Test
    void aSnapshotAndWhatComesFromItHasTheDevicesThatHaveCome() throws Exception {
        Files.write(folder.resolve("disk.img"), new byte[4096]);
        host.offer(Kind.PROTOCOL, "file-platter", "1.0.0", new FilePlatter());
        Vm vm = host.define(BARE);
        vm.start(Duration.ZERO);
        vm.addDevice(new VmSource(
                "", "{type: card, id: disk1, disk: {type: file-platter, path: disk.img}}", folder, Map.of()));
        second.awaitProgress();
        vm.pause();
        vm.snapshot(folder.resolve("first"), SnapshotOptions.PLAIN);
        vm.remove();
        Vm restored = host.kernel.restore(folder.resolve("first"), RestoreOptions.PLAIN);
        restored.start(Duration.ZERO);
        assertEquals("card RUNNING", type(restored, "disk1"));
        second.awaitProgress();
        restored.pause();
        restored.snapshot(folder.resolve("second"), SnapshotOptions.PLAIN);
        restored.remove();
        // What it stands on is what it was when it was kept last.
        String changed = assertThrows(
                        VmException.class, () -> host.kernel.restore(folder.resolve("first"), RestoreOptions.PLAIN))
                .getMessage();
        assertTrue(changed.contains("disk1.disk: " + folder.resolve("disk.img") + " has changed"), changed);
        Vm again = host.kernel.restore(folder.resolve("second"), RestoreOptions.PLAIN);
        again.start(Duration.ZERO);
        second.awaitProgress();
        assertEquals(List.of(), second.complaints);
        var removed = remove(again, "disk1");
        host.board.asked.get("disk1").run();
        removed.get(60, TimeUnit.SECONDS);
        assertEquals("none", type(again, "disk1"));
    }

    @Test
    void aCloneHasTheDevicesThatHaveComeAndLetsThemGoAlone() throws Exception {
        host.offer(Kind.DEVICE, "plain-card", "1.0.0", new PlainCard());
        Vm vm = host.define(BARE);
        vm.start(Duration.ZERO);
        add(vm, "{type: plain-card, id: extra}");
        Vm clone = host.kernel.clone("web", CloneOptions.of("web", 1)).clones().getFirst();
        clone.start(Duration.ZERO);
        assertEquals("plain-card RUNNING", type(clone, "extra"));
        var removed = remove(clone, "extra");
        host.board.asked.get("extra").run();
        removed.get(60, TimeUnit.SECONDS);
        assertEquals("none", type(clone, "extra"));
        assertEquals("plain-card RUNNING", type(vm, "extra"));
    }

    /** A second machine may not write to the disk of one. */
    @Test
    void aDiskThatHasComeAndIsWrittenIsNamedWhenItRefusesAClone() throws Exception {
        Files.write(folder.resolve("disk.img"), new byte[4096]);
        host.offer(Kind.PROTOCOL, "file-platter", "1.0.0", new FilePlatter());
        Vm vm = host.define(BARE);
        vm.start(Duration.ZERO);
        vm.addDevice(new VmSource(
                "", "{type: card, id: disk1, disk: {type: file-platter, path: disk.img}}", folder, Map.of()));
        for (Optional<CloneOptions.Overlays> overlays : List.of(
                Optional.<CloneOptions.Overlays>empty(),
                Optional.of(new CloneOptions.Overlays(folder.resolve("clones"), "none")))) {
            String refused = assertThrows(
                            VmException.class,
                            () -> host.kernel.clone("web", new CloneOptions(1, "web-%d", Map.of(), overlays)))
                    .getMessage();
            assertTrue(refused.contains("disk1.disk"), refused);
        }
        second.awaitProgress();
        assertEquals(VmState.RUNNING, vm.state());
    }
}
