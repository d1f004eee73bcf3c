package dev.backplane.shell.internal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import dev.backplane.api.storage.image.DiskManager;
import dev.backplane.api.storage.image.DiskRequest;
import dev.backplane.api.storage.image.NewDisk;
import dev.backplane.api.storage.image.OpenDisk;
import dev.backplane.shell.internal.fleet.Fleet;
import dev.backplane.shell.internal.terminal.FakeHost;
import dev.backplane.shell.internal.terminal.TerminalSwitch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code demo --disk}: which disk, which devices, which words. */
@Timeout(60)
class DemoDiskTest {
    @TempDir
    Path folder;

    private final FakeVms vms = new FakeVms();
    private final FakeDisks disks = new FakeDisks();
    private final ByteArrayOutputStream messages = new ByteArrayOutputStream();
    private Path original;

    @BeforeEach
    void setUp() throws IOException {
        Files.writeString(folder.resolve("vmlinuz"), "kernel");
        Files.writeString(folder.resolve("initrd"), "initrd");
        original = Files.writeString(folder.resolve("disk.qcow2"), "the original");
        vms.starter = started -> started.powerOff(0);
    }

    private int run(String... arguments) {
        messages.reset();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        var terminal = new TerminalSwitch(new FakeHost(false), new PrintStream(messages, true, StandardCharsets.UTF_8));
        Environment environment = new Environment(
                vms,
                disks,
                new Fleet(vms, terminal),
                new FakeGuests(folder, null),
                terminal,
                () -> {},
                (vm, address, wait) -> null,
                out,
                out,
                List.of());
        return RootCommand.commandLine(environment, List.of()).execute(arguments);
    }

    private String messages() {
        return messages.toString(StandardCharsets.UTF_8);
    }

    @Test
    void diskIsAnOverlayThatIsGoneAfterwards() {
        List<Path> overlays = new ArrayList<>();
        vms.starter = started -> {
            Path overlay = Path.of(disks.made.getFirst().location());
            assertTrue(Files.exists(overlay));
            overlays.add(overlay);
            started.powerOff(0);
        };
        assertEquals(0, run("demo", "--disk"), messages());
        NewDisk made = disks.made.getFirst();
        assertEquals(Optional.of(new NewDisk.Backing(original.toString(), "qcow2")), made.backing());
        String text = vms.source.text();
        assertTrue(
                text.contains(
                        "- {type: virtio-block, id: disk0, disk: {format: qcow2, file: \"%s\", backing: {format: qcow2, file: \"%s\"}}}"
                                .formatted(made.location(), original)),
                text);
        assertTrue(text.contains("- {type: virtio-net, id: net0, network: user}\n"), text);
        assertTrue(text.contains("backplane.root=/dev/vda backplane.page=http://10.0.2.2:"), text);
        assertFalse(Files.exists(overlays.getFirst()));
    }

    @Test
    void nvmeIsAnotherDeviceAndNeedsNoOtherOption() {
        assertEquals(0, run("demo", "--nvme"), messages());
        String text = vms.source.text();
        assertTrue(text.contains("- {type: nvme, id: disk0, "), text);
        assertTrue(text.contains("backplane.root=/dev/nvme0n1 "), text);
    }

    @Test
    void withoutEitherThereIsNeitherDiskNorNetwork() {
        assertEquals(0, run("demo"), messages());
        assertFalse(vms.source.text().matches("(?s).*(disk0|net0|backplane\\.root|backplane\\.page).*"));
        assertEquals(List.of(), disks.made);
    }

    @Test
    void namedDiskIsMadeWhereItIsMissingAndKept() throws Exception {
        Path mine = folder.resolve("mine");
        assertEquals(0, run("demo", "--disk=" + mine), messages());
        assertEquals("the original", Files.readString(mine));
        assertTrue(messages().contains("backplane: Making " + mine + "\n"), messages());
        Files.writeString(mine, "what the guest has written");
        assertEquals(0, run("demo", "--nvme", "--disk", mine.toString()), messages());
        assertEquals("what the guest has written", Files.readString(mine));
        assertTrue(vms.source.text().contains("disk: {format: qcow2, file: \"" + mine + "\"}}\n"), vms.source.text());
        assertFalse(messages().contains("Making"), messages());
        assertEquals(List.of(), disks.made);
        try (var files = Files.list(folder)) {
            assertEquals(4, files.count());
        }
    }

    @Test
    void namedDiskThatCannotBeIsToldWithWhatToDo() throws Exception {
        Path mine = Files.writeString(folder.resolve("mine"), "KDMV");
        disks.refusal = new StorageException(StorageException.Kind.INVALID_FORMAT, "it is not qcow2");
        disks.recognized = Optional.of("vmdk");
        assertEquals(1, run("demo", "--disk=" + mine));
        assertEquals(
                "backplane: --disk " + mine
                        + ": it is an image of format vmdk: name a file that is not there yet, and a"
                        + " disk is made in it, of format qcow2\n",
                messages());
        disks.recognized = Optional.empty();
        assertEquals(1, run("demo", "--disk=" + mine));
        assertTrue(messages().contains(": it is no image of a disk: name a file"), messages());
        disks.refusal = new ConfigurationException("mine is in use: process 7 has it open");
        assertEquals(1, run("demo", "--disk=" + mine));
        assertEquals("backplane: --disk " + mine + ": mine is in use: process 7 has it open\n", messages());
        disks.refusal = null;
        disks.below = Optional.of("/img/base");
        assertEquals(1, run("demo", "--disk=" + mine));
        assertTrue(messages().contains("--disk " + mine + ": it is an overlay of /img/base: "), messages());
        Path lost = folder.resolve("no/mine");
        assertEquals(1, run("demo", "--disk=" + lost));
        assertEquals(
                "backplane: --disk " + lost + ": there is no folder " + lost.getParent() + ": make it first\n",
                messages());
        assertEquals(List.of(), vms.events);
    }

    @Test
    void kernelOfOnesOwnGoesWithoutOurDisk() {
        String kernel = folder.resolve("vmlinuz").toString();
        assertEquals(2, run("demo", "--disk", "--kernel", kernel, "--initrd", kernel));
        assertTrue(messages().contains("leave out --kernel and --initrd"), messages());
    }

    @Test
    void pageIsServedOnTheLoopbackWhileTheMachineRuns() throws Exception {
        List<String> pages = new ArrayList<>();
        List<URI> addresses = new ArrayList<>();
        vms.starter = started -> {
            Matcher page = Pattern.compile("backplane.page=http://10\\.0\\.2\\.2:([0-9]+)/")
                    .matcher(started.source.text());
            assertTrue(page.find(), started.source.text());
            URI address = URI.create("http://127.0.0.1:" + page.group(1) + "/");
            addresses.add(address);
            pages.add(get(address).body());
            assertEquals(404, get(address.resolve("/other")).statusCode());
            started.powerOff(0);
        };
        assertEquals(0, run("demo", "--disk"), messages());
        assertTrue(pages.getFirst().startsWith("Hello from the host.\n"), pages.getFirst());
        assertTrue(pages.getFirst().contains("port " + addresses.getFirst().getPort()), pages.getFirst());
    }

    private static HttpResponse<String> get(URI address) {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Disks that are made by their names alone. */
    private static final class FakeDisks implements DiskManager {
        private final List<NewDisk> made = new ArrayList<>();
        private Exception refusal;
        private Optional<String> recognized = Optional.empty();
        private Optional<String> below = Optional.empty();

        @Override
        public OpenDisk open(DiskRequest request) throws ConfigurationException, StorageException {
            switch (refusal) {
                case ConfigurationException e -> throw e;
                case StorageException e -> throw e;
                case null, default -> {
                    return disk(below.map(path -> disk(Optional.empty(), path)), request.location());
                }
            }
        }

        private static OpenDisk disk(Optional<OpenDisk> below, String location) {
            return (OpenDisk) Proxy.newProxyInstance(
                    OpenDisk.class.getClassLoader(),
                    new Class<?>[] {OpenDisk.class},
                    (proxy, method, words) -> switch (method.getName()) {
                        case "backingDisk" -> below;
                        case "location" -> location;
                        default -> null;
                    });
        }

        @Override
        public void create(NewDisk disk) throws StorageException {
            made.add(disk);
            try {
                Files.writeString(Path.of(disk.location()), "overlay");
            } catch (IOException e) {
                throw new StorageException(StorageException.Kind.IO, e.toString(), e);
            }
        }

        @Override
        public Optional<CheckReport> check(DiskRequest request, CheckMode mode) {
            return Optional.empty();
        }

        @Override
        public Optional<String> recognize(String location) {
            return recognized;
        }
    }
}
