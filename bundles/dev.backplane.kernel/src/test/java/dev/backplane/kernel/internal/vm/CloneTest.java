package dev.backplane.kernel.internal.vm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.machine.MachineContext;
import dev.backplane.api.memory.Lease;
import dev.backplane.api.vm.CloneOptions;
import dev.backplane.api.vm.Cloned;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmSource;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.fake.Archivist;
import dev.backplane.kernel.internal.fake.FilePlatter;
import dev.backplane.kernel.internal.fake.Printer;
import dev.backplane.kernel.internal.fake.ScriptCpu;
import dev.backplane.kernel.internal.fake.Sink;
import dev.backplane.kernel.internal.fake.Teletype;
import dev.backplane.kernel.internal.fake.TestHost;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Machines go on from where another one is. */
@Timeout(120)
class CloneTest {
    private static final int MEMORY = 1 << 20;

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
    private final long seed = Long.getLong("backplane.seed", System.nanoTime());
    private final Random random = new Random(seed);

    @TempDir
    Path folder;

    @BeforeEach
    void offer() {
        host.offer(Kind.CPU, "script", "1.0.0", new ScriptCpu((vcpu, rip, exits) -> {
            exits.writePort(0x3f8, 1, 7);
            Thread.sleep(1);
            return null;
        }));
        host.offer(Kind.DEVICE, "printer", "1.0.0", printer);
    }

    @AfterEach
    void close() {
        host.close();
    }

    private Vm start(String file) throws Exception {
        Vm vm = host.kernel.define(new VmSource("web.yaml", file, folder, Map.of()));
        vm.start(Duration.ZERO);
        TestHost.await("it prints", () -> printed(vm) > 5);
        return vm;
    }

    private static long printed(Vm vm) {
        return vm.statistics().getOrDefault("out.bytes", 0L);
    }

    /** Of the machine that was started last. */
    private MachineContext machine() {
        return Objects.requireNonNull(host.board.context);
    }

    private byte[] write(MachineContext machine) {
        byte[] bytes = new byte[MEMORY];
        random.nextBytes(bytes);
        try (Lease lease = machine.memory().write(0, MEMORY)) {
            MemorySegment.copy(bytes, 0, lease.segment(), ValueLayout.JAVA_BYTE, 0, MEMORY);
        }
        return bytes;
    }

    private static byte[] read(MachineContext machine) {
        try (Lease lease = machine.memory().read(0, MEMORY)) {
            return lease.segment().toArray(ValueLayout.JAVA_BYTE);
        }
    }

    private String refusal(CloneOptions options) {
        return assertThrows(VmException.class, () -> host.kernel.clone("web", options))
                .getMessage();
    }

    @Test
    void eachCloneGoesOnFromTheMachineAsItWasAndHasMemoryOfItsOwn() throws Exception {
        Vm vm = start(FILE);
        MachineContext source = machine();
        byte[] was = write(source);
        Cloned cloned = host.kernel.clone("web", CloneOptions.of("web", 3));
        assertTrue(cloned.pause().compareTo(Duration.ZERO) > 0);
        assertEquals(
                List.of("web-1", "web-2", "web-3"),
                cloned.clones().stream().map(Vm::name).toList());
        byte[] later = write(source);
        for (Vm clone : cloned.clones()) {
            assertEquals(VmState.DEFINED, clone.state());
            printer.log.clear();
            clone.start(Duration.ZERO);
            assertEquals(List.of("restore", "resume CLONE"), printer.log.subList(0, 2));
            assertArrayEquals(was, read(machine()), "seed " + seed);
            write(machine());
            TestHost.await("it prints", () -> printed(clone) > 5);
        }
        assertArrayEquals(later, read(source), "seed " + seed);
        assertEquals(1, host.board.loads.get());
        long then = printed(vm);
        TestHost.await("the machine goes on", () -> printed(vm) > then + 5);
    }

    @Test
    void aCloneOutlivesTheMachineAndAPausedMachineStaysPaused() throws Exception {
        Vm vm = start(FILE);
        vm.pause();
        byte[] was = write(machine());
        Cloned cloned = host.kernel.clone("web", new CloneOptions(1, "other", Map.of()));
        assertEquals(VmState.PAUSED, vm.state());
        assertEquals(Duration.ZERO, cloned.pause());
        vm.remove();
        Vm clone = cloned.clones().getFirst();
        clone.start(Duration.ZERO);
        assertEquals(VmState.RUNNING, clone.state());
        assertArrayEquals(was, read(machine()), "seed " + seed);
        Cloned again = host.kernel.clone("other", CloneOptions.of("other", 1));
        again.clones().getFirst().start(Duration.ZERO);
        assertArrayEquals(was, read(machine()), "seed " + seed);
    }

    /** Each has a console of its own. */
    @Test
    void numbersStandInTheValuesOfEachClone() throws Exception {
        host.offer(Kind.CONSOLE, "sink1", "1.0.0", new Sink());
        host.offer(Kind.CONSOLE, "sink2", "1.0.0", new Sink());
        host.offer(Kind.DEVICE, "teletype", "1.0.0", new Teletype());
        start(FILE + "  - {type: teletype, id: tty, console: sink}\n");
        Cloned cloned = host.kernel.clone("web", new CloneOptions(2, "c%d", Map.of("devices.tty.console", "sink%d")));
        for (Vm clone : cloned.clones()) {
            clone.start(Duration.ZERO);
            String console = clone.bays().stream()
                    .filter(bay -> bay.id().equals("tty.console"))
                    .map(Vm.BayInfo::type)
                    .findFirst()
                    .orElseThrow();
            assertEquals("sink" + clone.name().substring(1), console);
        }
    }

    @Test
    void aNameThatIsTakenIsRefusedAndNoCloneIsMade() throws Exception {
        start(FILE);
        host.kernel.clone("web", new CloneOptions(1, "web-2", Map.of()));
        String refused = refusal(CloneOptions.of("web", 3));
        assertTrue(refused.contains("\"web-2\""), refused);
        assertEquals(
                List.of("web", "web-2"),
                host.kernel.list().stream().map(Vm::name).toList());
        assertThrows(IllegalArgumentException.class, () -> new CloneOptions(2, "same", Map.of()));
        assertThrows(IllegalArgumentException.class, () -> new CloneOptions(0, "c%d", Map.of()));
    }

    @Test
    void whatTheGuestSeesCannotBeAnother() throws Exception {
        start(FILE);
        String refused = refusal(new CloneOptions(1, "c%d", Map.of("memory", "2MiB")));
        assertTrue(refused.contains("memory"), refused);
        assertEquals(1, host.kernel.list().size());
    }

    @Test
    void onlyAMachineThatLivesHasClones() throws Exception {
        assertTrue(refusal(CloneOptions.of("web", 1)).contains("\"web\""));
        host.kernel.define(new VmSource("web.yaml", FILE, folder, Map.of()));
        assertTrue(refusal(CloneOptions.of("web", 1)).contains("DEFINED"));
    }

    @Test
    void aMachineThatWritesToADiskIsRefusedByTheDisksName() throws Exception {
        Path disk = folder.resolve("disk.img");
        Files.write(disk, new byte[4096]);
        host.offer(Kind.PROTOCOL, "file-platter", "1.0.0", new FilePlatter());
        host.offer(Kind.DEVICE, "archivist", "1.0.0", new Archivist());
        Vm vm = start(FILE + "  - {type: archivist, id: disk0, disk: {type: file-platter, path: disk.img}}\n");
        String refused = refusal(CloneOptions.of("web", 2));
        assertTrue(refused.contains("disk0.disk writes to " + disk), refused);
        assertTrue(refused.contains("Name a folder for overlays"), refused);
        CloneOptions overlays = new CloneOptions(
                2, "web-%d", Map.of(), Optional.of(new CloneOptions.Overlays(folder.resolve("clones"), "none")));
        refused = refusal(overlays);
        assertTrue(refused.contains("an image in one file"), "it has no format: " + refused);
        assertFalse(Files.exists(folder.resolve("clones")));
        assertEquals(VmState.RUNNING, vm.state());
        assertFalse(host.kernel.find("web-1").isPresent());
    }
}
