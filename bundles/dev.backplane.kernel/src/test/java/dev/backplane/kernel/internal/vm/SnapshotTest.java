package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.machine.MachineContext;
import dev.backplane.api.memory.Lease;
import dev.backplane.api.vm.RestoreOptions;
import dev.backplane.api.vm.SnapshotOptions;
import dev.backplane.api.vm.SnapshotReport;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmSource;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.fake.Archivist;
import dev.backplane.kernel.internal.fake.FilePlatter;
import dev.backplane.kernel.internal.fake.NewerPrinter;
import dev.backplane.kernel.internal.fake.Printer;
import dev.backplane.kernel.internal.fake.ScriptCpu;
import dev.backplane.kernel.internal.fake.Sink;
import dev.backplane.kernel.internal.fake.TestHost;
import dev.backplane.kernel.internal.memory.FileRun;
import dev.backplane.kernel.internal.memory.FrozenRam;
import dev.backplane.kernel.internal.memory.HostRam;
import dev.backplane.kernel.internal.memory.RamBacking;
import dev.backplane.natives.internal.LinuxHost;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A machine is kept in a folder, and another one goes on from it. */
@Timeout(120)
class SnapshotTest {
    private static final int CHUNK = 64 * 1024;
    private static final int MEMORY = 16 * CHUNK;

    private static final String FILE = """
            name: web
            memory: 1MiB
            cpu: {type: script}
            boot: {kernel: none}
            devices:
              - {type: printer, id: out, port: 0x3f8}
            """;

    private final TestHost host = new TestHost();
    private final Printer printer = new Printer();
    private final AtomicBoolean enough = new AtomicBoolean();
    private final long seed = Long.getLong("backplane.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        host.close();
    }

    /** Prints a byte each millisecond. */
    private void offer(TestHost to, Printer device) {
        to.offer(Kind.CPU, "script", "1.0.0", new ScriptCpu((vcpu, rip, exits) -> {
            exits.writePort(enough.get() ? 0x604 : 0x3f8, 1, 7);
            Thread.sleep(1);
            return null;
        }));
        to.offer(Kind.DEVICE, "printer", "1.0.0", device);
    }

    private Vm start(String file) throws Exception {
        offer(host, printer);
        Vm vm = host.define(file);
        vm.start(Duration.ZERO);
        TestHost.await("it prints", () -> printed(vm) > 5);
        return vm;
    }

    private static long printed(Vm vm) {
        return vm.statistics().getOrDefault("out.bytes", 0L);
    }

    private Path target(String name) {
        return folder.resolve(name);
    }

    private static void write(TestHost to, long gpa, byte[] bytes) {
        MachineContext context = Objects.requireNonNull(to.board.context);
        try (Lease lease = context.memory().write(gpa, bytes.length)) {
            MemorySegment.copy(bytes, 0, lease.segment(), ValueLayout.JAVA_BYTE, 0, bytes.length);
        }
    }

    private static byte[] read(TestHost from) {
        MachineContext context = Objects.requireNonNull(from.board.context);
        try (Lease lease = context.memory().read(0, MEMORY)) {
            return lease.segment().toArray(ValueLayout.JAVA_BYTE);
        }
    }

    private byte[] randomBytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private static String refusal(TestHost by, Path from) {
        return assertThrows(VmException.class, () -> by.kernel.restore(from, RestoreOptions.PLAIN))
                .getMessage();
    }

    @Test
    void aRunningMachineGoesOnAndAnotherGoesOnFromWhatItWas() throws Exception {
        Vm vm = start(FILE);
        write(host, 3 * CHUNK + 5, randomBytes(CHUNK));
        byte[] was = read(host);
        SnapshotReport report = vm.snapshot(target("s"), SnapshotOptions.PLAIN);
        write(host, 0, randomBytes(100));
        long then = printed(vm);
        TestHost.await("the first one goes on", () -> printed(vm) > then + 5);
        assertEquals(2 * CHUNK, report.memoryBytes());
        assertTrue(report.pause().compareTo(Duration.ZERO) > 0);

        try (TestHost other = new TestHost()) {
            Printer next = new Printer();
            offer(other, next);
            Vm restored = other.kernel.restore(target("s"), RestoreOptions.PLAIN);
            assertEquals("web", restored.name());
            assertEquals(VmState.DEFINED, restored.state());
            restored.start(Duration.ZERO);
            assertEquals(List.of("restore", "resume SNAPSHOT"), next.log.subList(0, 2));
            assertArrayEquals(was, read(other), "seed " + seed);
            assertEquals(0, other.board.loads.get());
            assertTrue(other.board.log.contains("restored"), other.board.log.toString());
            TestHost.await("the second one goes on", () -> printed(restored) > 5);
            assertEquals(VmState.RUNNING, restored.state());
        }
    }

    @Test
    void aPausedMachineStaysPausedAndHasNoPause() throws Exception {
        Vm vm = start(FILE);
        vm.pause();
        long before = printed(vm);
        SnapshotReport report = vm.snapshot(target("s"), SnapshotOptions.PLAIN);
        assertEquals(VmState.PAUSED, vm.state());
        assertEquals(Duration.ZERO, report.pause());
        assertEquals(before, printed(vm));
        vm.resume();
        TestHost.await("it goes on", () -> printed(vm) > before);
    }

    @Test
    void timeGoesOnWhereItWas() throws Exception {
        Vm vm = start(FILE);
        vm.pause();
        long then = Objects.requireNonNull(host.board.context).clock().nanos();
        vm.snapshot(target("s"), SnapshotOptions.PLAIN);
        try (TestHost other = new TestHost()) {
            offer(other, new Printer());
            Vm restored = other.kernel.restore(target("s"), RestoreOptions.PLAIN);
            Thread.sleep(30);
            long before = System.nanoTime();
            restored.start(Duration.ZERO);
            long now = Objects.requireNonNull(other.board.context).clock().nanos();
            assertTrue(now >= then && now - then <= System.nanoTime() - before, then + " " + now);
        }
    }

    /** What is in the folder at each step is what a process leaves that is killed there. */
    @Test
    void aSnapshotThatIsInterruptedAtAnyStepIsNone() throws Exception {
        Vm vm = start(FILE);
        write(host, 0, randomBytes(CHUNK));
        List<String> steps = new CopyOnWriteArrayList<>();
        ((Machine) vm).snapshots().tell(step -> {
            copy(target("s"), target("killed-" + steps.size()));
            steps.add(step);
        });
        vm.snapshot(target("s"), SnapshotOptions.PLAIN);
        assertEquals(
                List.of(
                        "unfinished",
                        "state.cbor",
                        "memory",
                        "memory.index",
                        "manifest.json.new",
                        "folder",
                        "manifest.json",
                        "complete"),
                steps);
        try (TestHost other = new TestHost()) {
            offer(other, new Printer());
            for (int i = 0; i < steps.size(); i++) {
                Path left = target("killed-" + i);
                if (i < steps.indexOf("manifest.json")) {
                    assertEquals(
                            "%s: nothing goes on from this snapshot: %s is no snapshot, or one that was not completed: it has no manifest.json"
                                    .formatted(left, left),
                            refusal(other, left));
                    vm.snapshot(left, SnapshotOptions.PLAIN);
                }
                other.kernel.restore(left, RestoreOptions.PLAIN).remove();
            }
        }
    }

    private static void copy(Path from, Path to) {
        try (var files = Files.list(from)) {
            Files.createDirectory(to);
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatCannotBeWrittenLeavesNothingAndTheMachineGoesOn() throws Exception {
        Vm vm = start(FILE);
        ((Machine) vm).snapshots().tell(step -> {
            if (step.equals("memory")) {
                throw new java.io.UncheckedIOException(new IOException("the disk is full"));
            }
        });
        assertThrows(RuntimeException.class, () -> vm.snapshot(target("s"), SnapshotOptions.PLAIN));
        assertFalse(Files.exists(target("s")));
        long then = printed(vm);
        TestHost.await("it goes on", () -> printed(vm) > then);
    }

    @Test
    void aFolderWithSomethingInItIsLeftAlone() throws Exception {
        Vm vm = start(FILE);
        Files.createDirectory(target("s"));
        Files.writeString(target("s").resolve("precious"), "x");
        String refused = assertThrows(VmException.class, () -> vm.snapshot(target("s"), SnapshotOptions.PLAIN))
                .getMessage();
        assertTrue(refused.contains("it is not empty"), refused);
        assertEquals("x", Files.readString(target("s").resolve("precious")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"state.cbor", "memory.index", "memory", "manifest.json"})
    void aFileThatHasBecomeShorterIsTold(String name) throws Exception {
        Vm vm = start(FILE);
        vm.snapshot(target("s"), SnapshotOptions.PLAIN);
        try (FileChannel file = FileChannel.open(target("s").resolve(name), StandardOpenOption.WRITE)) {
            file.truncate(file.size() - 3);
        }
        String refused = refusal(host, target("s"));
        assertTrue(refused.contains(target("s").resolve(name).toString()), refused);
    }

    @ParameterizedTest
    @ValueSource(strings = {"state.cbor", "memory.index"})
    void aDamagedByteIsTold(String name) throws Exception {
        Vm vm = start(FILE);
        vm.snapshot(target("s"), SnapshotOptions.PLAIN);
        damage(target("s").resolve(name), 10);
        String refused = refusal(host, target("s"));
        assertTrue(refused.contains(target("s").resolve(name) + " is damaged: CRC-32C"), refused);
    }

    private static void damage(Path path, long at) throws IOException {
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            file.read(one, at);
            one.put(0, (byte) (one.get(0) ^ 0x10)).flip();
            file.write(one, at);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void damagedMemoryPausesTheMachineAndNamesTheChunk(boolean mapped) throws Exception {
        Vm vm = start(FILE);
        write(host, 4L * CHUNK, randomBytes(2 * CHUNK));
        vm.snapshot(target("s"), SnapshotOptions.PLAIN);
        damage(target("s").resolve("memory"), 5L * CHUNK + 77);
        try (TestHost other = mapped ? new TestHost(new HostRam(new LinuxHost())) : new TestHost()) {
            offer(other, new Printer());
            Vm restored = other.kernel.restore(target("s"), RestoreOptions.PLAIN);
            List<String> notices = new CopyOnWriteArrayList<>();
            restored.notices(notices::add);
            restored.start(Duration.ZERO);
            TestHost.await("it is told", () -> !notices.isEmpty());
            assertTrue(
                    notices.getFirst()
                            .startsWith("web is paused: %s: the chunk at 0x50000 of memory is damaged: CRC-32C 0x"
                                    .formatted(target("s").resolve("memory"))),
                    notices.toString());
            assertEquals(VmState.PAUSED, restored.state());
        }
    }

    /** Who shortens it waits until they have let it go: machine code that touches a page that is not there would end the process. */
    @Test
    void machinesThatBeganOnTheFileDoNotMindWhatBecomesOfIt() throws Exception {
        Vm vm = start(FILE);
        byte[] held = randomBytes(3 * CHUNK);
        write(host, 4L * CHUNK, held);
        vm.snapshot(target("s"), SnapshotOptions.PLAIN);
        try (TestHost other = new TestHost(new HostRam(new LinuxHost()))) {
            offer(other, new Printer());
            other.kernel.restore(target("s"), RestoreOptions.PLAIN).start(Duration.ZERO);
            MachineContext first = Objects.requireNonNull(other.board.context);
            RestoreOptions named = new RestoreOptions(Optional.of("second"), Map.of(), Optional.empty());
            other.kernel.restore(target("s"), named).start(Duration.ZERO);
            write(other, 5L * CHUNK, new byte[] {1, 2, 3});
            try (FileChannel file = FileChannel.open(target("s").resolve("memory"), StandardOpenOption.WRITE)) {
                file.truncate(0);
            }
            try (Lease lease = first.memory().read(4L * CHUNK, held.length)) {
                assertEquals(-1, lease.segment().mismatch(MemorySegment.ofArray(held)), "seed " + seed);
            }
            System.arraycopy(new byte[] {1, 2, 3}, 0, held, CHUNK, 3);
            MachineContext second = Objects.requireNonNull(other.board.context);
            try (Lease lease = second.memory().read(4L * CHUNK, held.length)) {
                assertEquals(-1, lease.segment().mismatch(MemorySegment.ofArray(held)), "seed " + seed);
            }
        }
    }

    /** The machine may have touched half of it; what it touches next may not be there. */
    @Test
    void aMachineWhoseFileCannotBeReadIsPausedAndDoesNotGoOn() throws Exception {
        start(FILE).snapshot(target("s"), SnapshotOptions.PLAIN);
        Path memory = target("s").resolve("memory");
        HostRam ram = new HostRam(new LinuxHost());
        RamBacking.Source lost = new RamBacking.Source() {
            @Override
            public RamBacking allocate(String vm, long bytes) {
                return ram.allocate(vm, bytes);
            }

            @Override
            public Optional<FrozenRam> lookAt(long bytes, List<FileRun> runs) {
                Optional<FrozenRam> looked = ram.lookAt(bytes, runs);
                assertTrue(memory.toFile().delete());
                return looked;
            }
        };
        try (TestHost other = new TestHost(lost)) {
            offer(other, new Printer());
            Vm restored = other.kernel.restore(target("s"), RestoreOptions.PLAIN);
            List<String> notices = new CopyOnWriteArrayList<>();
            restored.notices(notices::add);
            restored.start(Duration.ZERO);
            TestHost.await("it is told", () -> !notices.isEmpty());
            String told = "%s: its memory cannot be read: %s".formatted(target("s"), memory);
            assertEquals("web is paused: " + told, notices.getFirst());
            assertEquals(VmState.PAUSED, restored.state());
            String refused = assertThrows(VmException.class, restored::resume).getMessage();
            assertTrue(refused.startsWith("web cannot go on: " + told), refused);
            assertEquals(VmState.PAUSED, restored.state());
        }
    }

    @Test
    void memoryThatBecomesShorterBeforeTheStartIsTold() throws Exception {
        Vm vm = start(FILE);
        write(host, 4L * CHUNK, randomBytes(2 * CHUNK));
        vm.snapshot(target("s"), SnapshotOptions.PLAIN);
        try (TestHost other = new TestHost()) {
            offer(other, new Printer());
            Vm restored = other.kernel.restore(target("s"), RestoreOptions.PLAIN);
            try (FileChannel file = FileChannel.open(target("s").resolve("memory"), StandardOpenOption.WRITE)) {
                file.truncate(5L * CHUNK);
            }
            String refused = assertThrows(VmException.class, () -> restored.start(Duration.ZERO))
                    .getMessage();
            assertTrue(refused.startsWith(target("s").resolve("memory") + ": ends at byte"), refused);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void snapshotsStandOnEachOther(boolean compress) throws Exception {
        Vm vm = start(FILE);
        SnapshotOptions plain = new SnapshotOptions(Optional.empty(), compress, false);
        write(host, 0, randomBytes(8 * CHUNK));
        assertEquals(8 * CHUNK, vm.snapshot(target("a"), plain).memoryBytes());
        write(host, 2 * CHUNK, new byte[CHUNK]);
        write(host, 7 * CHUNK + 100, randomBytes(10));
        SnapshotReport second =
                vm.snapshot(target("b"), new SnapshotOptions(Optional.of(target("a")), compress, false));
        assertEquals(CHUNK, second.memoryBytes());
        write(host, 12 * CHUNK, randomBytes(CHUNK));
        vm.snapshot(target("c"), new SnapshotOptions(Optional.of(target("b")), compress, false));
        byte[] was = read(host);
        // Not the last one: what has changed since is found by comparing.
        SnapshotReport fourth =
                vm.snapshot(target("d"), new SnapshotOptions(Optional.of(target("a")), compress, false));
        assertEquals(2 * CHUNK, fourth.memoryBytes());
        for (String last : List.of("c", "d")) {
            try (TestHost other = new TestHost()) {
                offer(other, new Printer());
                other.kernel.restore(target(last), RestoreOptions.PLAIN).start(Duration.ZERO);
                assertArrayEquals(was, read(other), "seed " + seed);
            }
        }
        Files.delete(target("a").resolve("manifest.json"));
        assertTrue(refusal(host, target("c")).contains(target("a") + " is no snapshot"), refusal(host, target("c")));
    }

    @Test
    void aDamagedCompressedChunkIsTold() throws Exception {
        Vm vm = start(FILE);
        write(host, 0, randomBytes(CHUNK));
        vm.snapshot(target("s"), new SnapshotOptions(Optional.empty(), true, false));
        damage(target("s").resolve("memory"), 3);
        try (TestHost other = new TestHost()) {
            offer(other, new Printer());
            Vm restored = other.kernel.restore(target("s"), RestoreOptions.PLAIN);
            String refused = assertThrows(VmException.class, () -> restored.start(Duration.ZERO))
                    .getMessage();
            assertTrue(refused.contains("memory: the chunk at 0x0 of memory is damaged"), refused);
        }
    }

    @Test
    void aPluginThatIsMissingIsNamed() throws Exception {
        Vm vm = start(FILE);
        vm.snapshot(target("s"), SnapshotOptions.PLAIN);
        try (TestHost other = new TestHost()) {
            other.offer(Kind.CPU, "script", "1.0.0", new ScriptCpu((vcpu, rip, exits) -> null));
            String refused = refusal(other, target("s"));
            assertTrue(refused.contains("no installed plugin offers the device type \"printer\""), refused);
        }
    }

    @Test
    void aNewerPluginGoesOnFromAnOlderStateAndNotTheOtherWayRound() throws Exception {
        Vm vm = start(FILE);
        vm.snapshot(target("old"), SnapshotOptions.PLAIN);
        try (TestHost other = new TestHost()) {
            other.offer(Kind.CPU, "script", "1.0.0", new ScriptCpu((vcpu, rip, exits) -> {
                Thread.sleep(1);
                return null;
            }));
            NewerPrinter newer = new NewerPrinter();
            other.offer(Kind.DEVICE, "printer", "2.0.0", newer);
            Vm restored = other.kernel.restore(target("old"), RestoreOptions.PLAIN);
            restored.start(Duration.ZERO);
            assertTrue(newer.count > 5, "it has what the older one printed: " + newer.count);
            restored.snapshot(target("new"), SnapshotOptions.PLAIN);
        }
        String refused = refusal(host, target("new"));
        assertTrue(
                refused.contains(
                        "out: test.printer 2.0.0 wrote version 3 of state printer: test.printer 1.0.0 reads versions 1, 2"),
                refused);
    }

    @Test
    void aTakenNameIsRefusedAndAnotherOneTaken() throws Exception {
        Vm vm = start(FILE);
        vm.snapshot(target("s"), SnapshotOptions.PLAIN);
        assertTrue(refusal(host, target("s")).contains("there is a machine \"web\" that runs"));
        assertEquals(VmState.RUNNING, vm.state());
        RestoreOptions named = new RestoreOptions(Optional.of("web2"), Map.of(), Optional.empty());
        Vm second = host.kernel.restore(target("s"), named);
        second.start(Duration.ZERO);
        assertEquals("web2", second.name());
        TestHost.await("both print", () -> printed(second) > 5);
        Vm third =
                host.kernel.restore(target("s"), new RestoreOptions(Optional.of("web3"), Map.of(), Optional.empty()));
        third.start(Duration.ZERO);
        TestHost.await("all print", () -> printed(third) > 5);
    }

    @Test
    void aMachineThatDoesNotRunMakesWay() throws Exception {
        Vm vm = start(FILE);
        vm.snapshot(target("s"), SnapshotOptions.PLAIN);
        vm.kill("enough");
        Vm defined = host.kernel.restore(target("s"), RestoreOptions.PLAIN);
        Vm again = host.kernel.restore(target("s"), RestoreOptions.PLAIN);
        assertThrows(VmException.class, () -> defined.start(Duration.ZERO));
        again.start(Duration.ZERO);
        assertEquals(List.of(again), host.kernel.list());
        TestHost.await("it goes on", () -> printed(again) > 5);
    }

    @Test
    void whatTheGuestSeesCannotBeChanged() throws Exception {
        Vm vm = start(FILE);
        vm.snapshot(target("s"), SnapshotOptions.PLAIN);
        String refused = assertThrows(
                        VmException.class,
                        () -> host.kernel.restore(
                                target("s"),
                                new RestoreOptions(
                                        Optional.of("other"), Map.of("devices.out.port", "0x3f9"), Optional.empty())))
                .getMessage();
        assertTrue(refused.contains("devices: the guest sees it"), refused);
    }

    @Test
    void aConsoleOfAnotherTypeBeginsAnew() throws Exception {
        Vm vm = start(FILE);
        vm.snapshot(target("s"), SnapshotOptions.PLAIN);
        try (TestHost other = new TestHost()) {
            offer(other, new Printer());
            Sink next = new Sink();
            other.offer(Kind.CONSOLE, "drain", "1.0.0", next);
            Vm restored = other.kernel.restore(
                    target("s"),
                    new RestoreOptions(Optional.empty(), Map.of("devices.out.console", "drain"), Optional.empty()));
            restored.start(Duration.ZERO);
            TestHost.await("it prints there", () -> printed(restored) > 5);
            assertEquals(
                    Optional.of("test.drain 1.0.0"),
                    restored.bays().stream()
                            .filter(bay -> bay.id().equals("out.console"))
                            .findFirst()
                            .orElseThrow()
                            .bundle());
        }
    }

    @Test
    void optionsThatWereChangedStayChanged() throws Exception {
        Vm vm = start(FILE);
        vm.configure("out", Map.of("heading", "News"));
        vm.snapshot(target("s"), SnapshotOptions.PLAIN);
        try (TestHost other = new TestHost()) {
            Printer next = new Printer();
            offer(other, next);
            other.kernel.restore(target("s"), RestoreOptions.PLAIN).start(Duration.ZERO);
            assertEquals("restore News", next.log.getFirst());
        }
    }

    private static Archivist offerDisk(TestHost to) {
        Archivist archivist = new Archivist();
        to.offer(Kind.DEVICE, "archivist", "1.0.0", archivist);
        to.offer(Kind.PROTOCOL, "file-platter", "1.0.0", new FilePlatter());
        return archivist;
    }

    private static void awaitProgress(Archivist archivist) throws InterruptedException {
        long before = archivist.counted.get();
        TestHost.await("it counts", () -> archivist.counted.get() > before + 20);
    }

    /** The archivist notices when its disk is not of the same moment as itself. */
    @Test
    void aDiskThatHasChangedIsNamedUnlessItsCopyIsTaken() throws Exception {
        Path disk = folder.resolve("disk.img");
        Files.write(disk, new byte[4096]);
        String text = FILE + "  - {type: archivist, id: disk0, disk: {type: file-platter, path: disk.img}}\n";
        Archivist archivist = offerDisk(host);
        offer(host, printer);
        Vm vm = host.kernel.define(new VmSource("web.yaml", text, folder, Map.of()));
        vm.start(Duration.ZERO);
        awaitProgress(archivist);
        SnapshotReport copied = vm.snapshot(target("copied"), new SnapshotOptions(Optional.empty(), false, true));
        assertEquals(List.of(), copied.notes());
        awaitProgress(archivist);
        vm.pause();
        SnapshotReport kept = vm.snapshot(target("kept"), SnapshotOptions.PLAIN);
        assertEquals(
                List.of(
                        "disk0.disk: %s is not in the snapshot and must not change from now on, or nothing goes on from it"
                                .formatted(disk)),
                kept.notes());
        vm.remove();
        assertEquals(List.of(), archivist.complaints);

        try (TestHost other = new TestHost()) {
            offer(other, new Printer());
            Archivist next = offerDisk(other);
            String refused = refusal(other, target("copied"));
            assertTrue(refused.startsWith("disk0.disk: " + disk + " has changed since the snapshot: "), refused);
            assertTrue(refused.endsWith("(--disks)"), refused);
            Path work = folder.resolve("work");
            Vm restored = other.kernel.restore(
                    target("copied"), new RestoreOptions(Optional.empty(), Map.of(), Optional.of(work)));
            restored.start(Duration.ZERO);
            awaitProgress(next);
            restored.remove();
            assertEquals(List.of(), next.complaints);

            other.kernel.restore(target("kept"), RestoreOptions.PLAIN).start(Duration.ZERO);
            awaitProgress(next);
            assertEquals(List.of(), next.complaints);
        }
    }
}
