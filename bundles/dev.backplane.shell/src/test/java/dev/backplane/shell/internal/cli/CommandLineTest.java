package dev.backplane.shell.internal.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmSource;
import dev.backplane.gdb.GdbPort;
import dev.backplane.guest.Guest;
import dev.backplane.guest.GuestArguments;
import dev.backplane.shell.internal.fleet.Fleet;
import dev.backplane.shell.internal.terminal.FakeHost;
import dev.backplane.shell.internal.terminal.TerminalSwitch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(60)
class CommandLineTest {
    @TempDir
    Path folder;

    private final FakeVms vms = new FakeVms();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final ByteArrayOutputStream messages = new ByteArrayOutputStream();
    private OutputStream output = out;
    private FakeHost host = new FakeHost(false);
    private @Nullable String guestFailure;
    private List<Object> others = List.of();
    private Path kernel;

    @BeforeEach
    void setUp() throws IOException {
        kernel = Files.writeString(folder.resolve("vmlinuz"), "kernel");
        Files.writeString(folder.resolve("initrd"), "initrd");
    }

    @Test
    void demoEndsWithThePowerOffOfItsGuest() {
        vms.starter = started -> started.powerOff(0);
        assertEquals(0, run("demo", "--cpus", "2", "--cpu", "soft", "--memory", "1GiB"));
        assertEquals(List.of("start", "remove"), vms.events);
        assertEquals(
                "{cpu.type=soft, cpus=2, memory=1GiB}", new java.util.TreeMap<>(vms.source.overrides()).toString());
        assertTrue(vms.source.text().contains("console=ttyS0"), vms.source.text());
        assertTrue(vms.source.text().contains("console: stdio"), vms.source.text());
        assertFalse(vms.source.text().contains("com2"), vms.source.text());
        assertTrue(messages().contains("2,000,000 guest instructions in "), messages());
        assertTrue(messages().contains("; exits: port-read 4,000, port-write 300\n"), messages());
        assertEquals("", out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void aMachineGoesOnFromASnapshotAndItsEndIsTheProcesss() {
        vms.starter = started -> started.powerOff(3);
        assertEquals(3, run("restore", "--name", "again", "--cpu", "soft", folder.toString()));
        assertEquals(List.of("restore " + folder + " as again", "start", "remove"), vms.events);
        vms.refusal = "it is no snapshot";
        assertEquals(1, run("restore", folder.toString()));
        assertTrue(messages().contains("it is no snapshot"), messages());
    }

    @Test
    void aGuestOfTheUsersOwnBootsWhateverIsKept() {
        vms.starter = started -> started.powerOff(0);
        String initrd = folder.resolve("initrd").toString();
        assertEquals(0, run("demo", "--warm", "--kernel", kernel.toString(), "--initrd", initrd));
        assertEquals(List.of("start", "remove"), vms.events);
        assertTrue(messages().contains("--warm is for the demo's own guest"), messages());
    }

    @Test
    void gdbAndTraceAreAttachedBeforeTheStartAndDetachedInTheEnd() throws IOException {
        vms.starter = started -> started.powerOff(0);
        Path log = folder.resolve("log");
        assertEquals(
                0, run("demo", "--gdb", ":1234", "--gdb-wait", "--trace", "exec,irq", "--trace-file", log.toString()));
        assertEquals(
                List.of("trace [EXEC, IRQ]", "gdb :1234 wait", "start", "remove", "gdb ends", "trace ends"),
                vms.events);
        assertTrue(messages().contains("target remote 127.0.0.1:1234"), messages());
        assertEquals("0 exec a line\n", Files.readString(log));
    }

    @Test
    void commandOfAnotherBundleIsListedAndRun() {
        others = List.of(new OtherCommand());
        assertEquals(9, run("other"));
        assertEquals(0, run("--help"));
        assertTrue(out.toString(StandardCharsets.UTF_8).contains("other"), out.toString(StandardCharsets.UTF_8));
    }

    @CommandLine.Command(name = "other")
    private static final class OtherCommand implements Callable<Integer> {
        @Override
        public Integer call() {
            return 9;
        }
    }

    @Test
    void runTellsCountersWhereTheyAreAskedFor() throws IOException {
        vms.starter = started -> started.powerOff(0);
        String file = Files.writeString(folder.resolve("vm.yaml"), "name: x").toString();
        assertEquals(0, run("run", file));
        assertFalse(messages().contains("port-read"), messages());
        assertEquals(0, run("run", "--stats", "--verify-code", file));
        assertTrue(messages().contains("exits.port-read                               4,000"), messages());
        assertEquals(Map.of("cpu.verify", "true"), vms.source.overrides());
        messages.reset();
        assertEquals(0, run("--debug", "run", file));
        assertTrue(messages().contains("exits.port-read"), messages());
    }

    @Test
    void traceOfUnknownKindIsRefusedBeforeTheStart() {
        assertEquals(2, run("demo", "--trace", "exec,mum"));
        assertTrue(messages().contains("not 'mum'"), messages());
        assertFalse(vms.events.contains("start"));
    }

    @Test
    void commandsOutputAndStatusAreTheProcesss() {
        byte[] random = new byte[300_000];
        new Random(5).nextBytes(random);
        vms.starter = guest(port -> {
            port.send("H 1\nE 4\noops");
            port.send("O " + random.length + "\n");
            port.send(random);
            port.send("S 7\n");
            port.awaitAnswer();
            vms.powerOff(0);
        });
        assertEquals(7, run("demo", "--exec", "uname -a"));
        assertEquals(-1, java.util.Arrays.mismatch(random, out.toByteArray()));
        assertEquals("oops", err.toString(StandardCharsets.UTF_8));
        assertTrue(messages().contains("guest instructions in"), messages());
        assertEquals(List.of("start", "remove"), vms.events);
    }

    @Test
    void guestThatDoesNotGoOffAfterItsCommandIsEnded() throws Exception {
        vms.starter = guest(port -> port.send("H 1\nS 3\n"));
        Environment environment = environment(vms);
        try (RunFolder files = RunFolder.create()) {
            String text = DemoMachine.command(new Guest("", kernel, kernel), GuestArguments.command(), files, "");
            Vm vm = vms.define(new VmSource("demo", text, folder, Map.of()));
            try (MachineRun run = new MachineRun(environment, vm, null, new DebugOptions())) {
                assertEquals(3, new CommandRun(environment, run, files, Duration.ofMillis(100), new byte[0]).status());
            }
        }
        assertTrue(vms.events.get(1).startsWith("kill its command has ended"), vms.events.toString());
    }

    @Test
    void guestThatGoesOffBeforeItsCommandEndsIsAFailure() {
        vms.starter = guest(port -> {
            port.send("H 1\nO 3\nabc");
            port.close();
            vms.powerOff(0);
        });
        assertEquals(1, run("demo", "--exec", "poweroff"));
        assertEquals("abc", out.toString(StandardCharsets.UTF_8));
        assertTrue(messages().contains("the guest ended before its command did: the guest powered off"), messages());
    }

    @Test
    void statusThatArrivesAfterThePowerOffCounts() {
        vms.starter = guest(port -> {
            vms.powerOff(0);
            port.send("H 1\nS 9\n");
        });
        assertEquals(9, run("demo", "--exec", "exit 9"));
    }

    @Test
    void timeoutEndsTheGuestWithStatus124() {
        assertEquals(124, run("demo", "--timeout", "1"));
        assertEquals(List.of("start", "kill --timeout", "remove"), vms.events);
        assertTrue(messages().contains("ended by --timeout after 1 s"), messages());
    }

    @Test
    void kernelThatTalksOverTheSecondPortIsRefused() {
        vms.starter = guest(port -> port.send("[    0.000000] Linux version 6.1.0\n"));
        assertEquals(1, run("demo", "--exec", "true"));
        assertTrue(
                messages().contains("the command's output is lost: the guest's second serial port sent"), messages());
    }

    @Test
    void outputThatNobodyTakesEndsTheGuest() {
        output = new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        vms.starter = guest(port -> port.send("H 1\nO 3\nabc"));
        assertEquals(1, run("demo", "--exec", "yes"));
        assertTrue(messages().contains("the command's output is lost: Broken pipe"), messages());
        assertTrue(vms.outcome.isDone());
    }

    @Test
    void machineThatFailsIsToldWithItsReason() {
        vms.starter = started -> started.fail("cpu0: triple fault at rip 0x1000");
        assertEquals(1, run("demo"));
        assertTrue(messages().contains("demo: the machine failed: cpu0: triple fault at rip 0x1000\n"), messages());
    }

    @Test
    void machineThatDoesNotStartIsToldWithItsReason() {
        vms.starter = started -> {
            throw new VmException("com1: no plugin offers the device type 'serial-16550'");
        };
        assertEquals(1, run("demo"));
        assertEquals(
                "backplane: com1: no plugin offers the device type 'serial-16550'",
                messages().lines().reduce((a, b) -> b).orElseThrow());
    }

    @Test
    void guestThatCannotBeMadeIsToldInItsWords() {
        guestFailure = "there is no apt-get on this system: --kernel FILE --initrd FILE";
        assertEquals(1, run("demo"));
        assertEquals("backplane: " + guestFailure + "\n", messages());
    }

    @Test
    void ownKernelNeedsNoGuestMaker() throws Exception {
        guestFailure = "not asked for";
        vms.starter = started -> started.powerOff(0);
        Path odd = Files.writeString(folder.resolve("a \"b\\ c"), "kernel");
        assertEquals(0, run("demo", "--kernel", odd.toString(), "--initrd", kernel.toString()));
        assertTrue(vms.source.text().contains("/a \\\"b\\\\ c\"\n"), vms.source.text());
        assertEquals(2, run("demo", "--kernel", odd.toString()));
        assertEquals(1, run("demo", "--kernel", "/nonexistent", "--initrd", kernel.toString()));
        assertTrue(messages().contains("/nonexistent: there is no such file"), messages());
    }

    @Test
    void machinesExitStatusIsRuns() throws Exception {
        Path file = Files.writeString(folder.resolve("vm.yaml"), "name: x\n");
        vms.starter = started -> started.powerOff(33);
        assertEquals(33, run("run", "--memory", "64MiB", file.toString()));
        assertEquals("name: x\n", vms.source.text());
        assertEquals(folder, vms.source.folder());
        assertEquals("{memory=64MiB}", vms.source.overrides().toString());
    }

    @Test
    void fileThatIsNoVmFileIsToldInOneLine() throws Exception {
        Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, 0, 1});
        for (String file : List.of("/nonexistent.yaml", folder.toString(), binary.toString(), "/dev/zero")) {
            messages.reset();
            assertEquals(1, run("run", file));
            assertTrue(messages().startsWith("backplane: " + file + ": "), messages());
            assertEquals(1, messages().lines().count(), messages());
        }
        vms.refusal = "vm.yaml:3: memory: '1 potato': a size such as 256MiB was expected";
        assertEquals(1, run("run", kernel.toString()));
        assertTrue(messages().endsWith("backplane: " + vms.refusal + "\n"), messages());
    }

    @Test
    void stackTraceIsShownOnlyWithDebug() {
        guestFailure = "no";
        run("demo");
        assertFalse(messages().contains("\tat "), messages());
        run("demo", "--debug");
        assertTrue(messages().contains("\tat "), messages());
    }

    @Test
    void errorOfOurOwnIsCalledThat() {
        vms.starter = started -> {
            throw new IllegalStateException("bug");
        };
        assertEquals(1, run("demo"));
        assertTrue(messages().contains("an error in Backplane itself: "), messages());
        assertEquals(List.of("start", "kill the command that ran it has ended", "remove"), vms.events);
    }

    @Test
    void wrongCommandLinesEndWithStatus2AndAHint() {
        for (String[] wrong :
                new String[][] {{}, {"dmeo"}, {"demo", "--nope"}, {"run"}, {"demo", "--exec"}, {"run", "a", "b"}}) {
            messages.reset();
            assertEquals(2, run(wrong), String.join(" ", wrong));
            assertTrue(messages().contains("--help' explains"), messages());
        }
        assertEquals("", out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void whatIsWrongWithACommandLineIsToldInOurWords() {
        assertWrong("there is no command 'dmo'; did you mean demo?", "dmo");
        assertWrong("unknown option '--memmory'; did you mean --memory?", "run", "--memmory", "1GiB", "vm.yaml");
        assertWrong("'b' is one argument too many", "run", "a", "b");
        for (String wrong : List.of("0", "-1", "soon", "1.5", "9999999999")) {
            assertWrong(
                    "--timeout " + wrong + ": a number of seconds from 1 to 999999999 was expected",
                    "demo",
                    "--timeout=" + wrong);
        }
    }

    private void assertWrong(String message, String... arguments) {
        messages.reset();
        assertEquals(2, run(arguments));
        assertEquals("backplane: " + message, messages().lines().findFirst().orElse(""));
    }

    @Test
    void aFolderOrAPipeIsNoKernel() throws Exception {
        assertEquals(1, run("demo", "--kernel", folder.toString(), "--initrd", kernel.toString()));
        assertEquals("backplane: --kernel " + folder + ": a folder, a file was expected\n", messages());
        messages.reset();
        assertEquals(1, run("demo", "--kernel", kernel.toString(), "--initrd", "/dev/null"));
        assertEquals("backplane: --initrd /dev/null: not a regular file, a file was expected\n", messages());
    }

    @Test
    void aDamagedGuestInTheCacheIsToldWithWhatToRemove() {
        vms.starter = started -> {
            throw new VmException("boot: kernel: " + kernel + ": truncated or damaged");
        };
        for (String[] command : new String[][] {{"demo"}, {"demo", "--exec", "true"}}) {
            messages.reset();
            assertEquals(1, run(command));
            assertTrue(
                    messages()
                            .endsWith(
                                    kernel + ": truncated or damaged; remove " + folder + " to have it fetched anew\n"),
                    messages());
        }
        assertEquals(1, run("demo", "--kernel", kernel.toString(), "--initrd", kernel.toString()));
        assertTrue(messages().endsWith(kernel + ": truncated or damaged\n"), messages());
    }

    @Test
    void anInitramfsThatIsRefusedIsNamedAsTheUserKnowsIt() {
        vms.starter = started -> {
            Matcher initrd = Pattern.compile("initrd: \"([^\"]+)\"").matcher(started.source.text());
            assertTrue(initrd.find());
            throw new VmException("boot: initrd: " + initrd.group(1) + ": truncated");
        };
        assertEquals(1, run("demo", "--exec", "true"));
        assertTrue(messages().endsWith("boot: initrd: " + folder.resolve("initrd") + ": truncated\n"), messages());
    }

    @Test
    void helpAndVersionWorkWithoutAKernelAndGoToStandardOutput() {
        for (String[] asked : new String[][] {
            {"--help"}, {"-h"}, {"--version"}, {"demo", "--help"}, {"run", "--help"}, {"types", "-h"}
        }) {
            out.reset();
            assertEquals(0, execute(null, asked), String.join(" ", asked));
            assertTrue(out.size() > 20, String.join(" ", asked));
        }
        assertEquals("", messages());
        assertEquals(1, execute(null, "types"));
        assertTrue(messages().contains("the kernel has not started"), messages());
    }

    @Test
    void typesAreListedByKindWithBundleAndVersion() {
        assertEquals(0, run("types"));
        assertEquals("""
                KIND    TYPE          BUNDLE                       VERSION  NOTE
                cpu     soft          dev.backplane.cpu.soft       1.0.0    interpreter
                device  serial-16550  dev.backplane.device.serial  1.0.0
                """, out.toString(StandardCharsets.UTF_8));
        assertEquals("", messages());
    }

    @Test
    void pluginsThatAreNotInUseAreToldBesideTheTypes() {
        vms.unused = List.of("plugins/a.jar is not in use: it is damaged");
        assertEquals(0, run("types"));
        assertEquals("backplane: plugins/a.jar is not in use: it is damaged\n", messages());
    }

    @Test
    void resizedTerminalIsToldToTheGuestThatGreets() {
        host = new FakeHost(true);
        vms.starter = guest(port -> {
            host.resize(25, 81);
            port.send("W 1\n");
            assertEquals("25 81\n", port.receive());
            host.resize(50, 132);
            assertEquals("50 132\n", port.receive());
            vms.powerOff(0);
        });
        assertEquals(0, run("demo"));
        assertTrue(vms.source.text().contains("backplane.rows=24 backplane.cols=80"), vms.source.text());
    }

    @Test
    void guestOfOnesOwnThatDoesNotGreetIsToldNothing() throws Exception {
        host = new FakeHost(true);
        vms.starter = guest(port -> {
            port.send("\r\nDebian GNU/Linux 12 guest ttyS1\r\n\r\nguest login: ");
            host.resize(50, 132);
            port.assertSilent();
            vms.powerOff(0);
        });
        assertEquals(0, run("demo"));
    }

    private int run(String... arguments) {
        return execute(vms, arguments);
    }

    private int execute(@Nullable FakeVms manager, String... arguments) {
        return RootCommand.commandLine(environment(manager), others).execute(arguments);
    }

    private Environment environment(@Nullable FakeVms manager) {
        var terminal = new TerminalSwitch(host, new PrintStream(messages, true, StandardCharsets.UTF_8));
        Fleet fleet = manager == null ? null : new Fleet(manager, terminal);
        return new Environment(
                manager,
                null,
                fleet,
                new FakeGuests(folder, guestFailure),
                terminal,
                () -> {},
                this::gdb,
                output,
                err,
                List.of());
    }

    private GdbPort gdb(Vm vm, String address, boolean wait) {
        vms.events.add("gdb " + address + (wait ? " wait" : ""));
        return new GdbPort() {
            @Override
            public String address() {
                return "127.0.0.1:1234";
            }

            @Override
            public void close() {
                vms.events.add("gdb ends");
            }
        };
    }

    private String messages() {
        return messages.toString(StandardCharsets.UTF_8);
    }

    /** A guest whose second serial port is a socket at the path in the VM file, as the plugin makes it. */
    private FakeVms.Starter guest(Consumer<Port> script) {
        return started -> {
            Matcher path = Pattern.compile("type: socket, path: \"([^\"]+)\"").matcher(started.source.text());
            assertTrue(path.find(), started.source.text());
            try {
                ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                server.bind(UnixDomainSocketAddress.of(path.group(1)));
                Thread.ofPlatform().daemon().start(() -> {
                    try (server) {
                        script.accept(new Port(server.accept()));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
    }

    private record Port(SocketChannel channel) {
        void send(String text) {
            send(text.getBytes(StandardCharsets.US_ASCII));
        }

        void send(byte[] bytes) {
            try {
                ByteBuffer buffer = ByteBuffer.wrap(bytes);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void awaitAnswer() {
            try {
                assertEquals(1, channel.read(ByteBuffer.allocate(10)));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        String receive() {
            try {
                ByteBuffer buffer = ByteBuffer.allocate(100);
                channel.read(buffer);
                return new String(buffer.array(), 0, buffer.position(), StandardCharsets.US_ASCII);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Nothing comes for longer than the size is looked at. */
        void assertSilent() {
            try {
                Thread.sleep(600);
                channel.configureBlocking(false);
                assertEquals(0, channel.read(ByteBuffer.allocate(10)));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
