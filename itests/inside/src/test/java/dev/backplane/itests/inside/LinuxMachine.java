package dev.backplane.itests.inside;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmManager;
import dev.backplane.api.vm.VmSource;
import dev.backplane.guest.Guest;
import dev.backplane.guest.GuestArguments;
import dev.backplane.guest.GuestMaker;
import dev.backplane.guest.RecordReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Linux that runs one command. Kernel messages and what is printed on {@code /dev/ttyS0} end in one file, the command's records
 * in another one.
 */
final class LinuxMachine implements AutoCloseable {
    /** What the tests of all modules share. */
    private static final Path WORK = Path.of(System.getProperty("itests.work"));

    private static final int POLL_MILLIS = 50;

    private final Path folder;
    private final Vm vm;
    private final PortRecorder recorder = new PortRecorder();

    private LinuxMachine(Path folder, Vm vm) {
        this.folder = folder;
        this.vm = vm;
    }

    /** Defines it, on a {@code cpu} of that type; its messages are heard from the first on. */
    static LinuxMachine define(VmManager vms, GuestMaker guests, String name, String cpu, int cpus, String command)
            throws IOException, ConfigurationException {
        Guest guest = guests.make(WORK.resolve("cache/backplane/guest"), System.err::println);
        Path folder = Files.createDirectories(WORK.resolve(name));
        Path initrd = folder.resolve("initrd");
        guests.addCommand(guest.initrd(), command, initrd);
        String text = """
                name: %s
                cpu: {type: %s}
                cpus: %d
                memory: 256MiB
                boot:
                  kernel: "%s"
                  initrd: "%s"
                  cmdline: "console=ttyS0 mitigations=off panic=-1 %s"
                onReboot: exit
                devices:
                  - {type: serial-16550, id: com1, com: 1, console: {type: file, path: com1.log}}
                  - {type: serial-16550, id: com2, com: 2, console: {type: file, path: com2.log}}
                  - {type: rtc-cmos, id: rtc}
                  - {type: i8042-reset, id: i8042}
                """.formatted(
                        name,
                        cpu,
                        cpus,
                        guest.kernel(),
                        initrd,
                        GuestArguments.command().words());
        var machine = new LinuxMachine(folder, vms.define(new VmSource(name + ".yaml", text, folder, Map.of())));
        machine.vm.tap(machine.recorder);
        return machine;
    }

    Vm vm() {
        return vm;
    }

    /** What the guest sent through the first or the second port. */
    byte[] sent(int port) {
        return recorder.sent(port);
    }

    /** What arrived at the console of the first or the second port. */
    byte[] received(int port) throws IOException {
        Path file = folder.resolve("com" + port + ".log");
        return Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
    }

    /** Kernel messages and what was printed. */
    String messages() throws IOException {
        return new String(received(1), StandardCharsets.ISO_8859_1);
    }

    /** The command's standard output and standard error so far, and its status, null before it has ended. */
    record Records(String output, String errors, @Nullable Integer status) {}

    Records records() throws IOException {
        var output = new ByteArrayOutputStream();
        var errors = new ByteArrayOutputStream();
        var reader = new RecordReader(new RecordReader.Output() {
            @Override
            public void standardOutput(byte[] bytes, int offset, int length) {
                output.write(bytes, offset, length);
            }

            @Override
            public void standardError(byte[] bytes, int offset, int length) {
                errors.write(bytes, offset, length);
            }
        });
        byte[] bytes = received(2);
        reader.accept(bytes, 0, bytes.length);
        return new Records(
                output.toString(StandardCharsets.UTF_8), errors.toString(StandardCharsets.UTF_8), reader.status());
    }

    boolean hasPrinted(String text) {
        try {
            return messages().contains(text);
        } catch (IOException e) {
            return false;
        }
    }

    boolean commandHasEnded() {
        try {
            return records().status() != null;
        } catch (IOException e) {
            throw new AssertionError("the records of the second port are damaged: " + e.getMessage(), e);
        }
    }

    /** Waits for something of this machine; its last messages are in the failure. */
    void await(String what, Duration atMost, BooleanSupplier condition) throws Exception {
        repeatUntil(what, atMost, condition, () -> Thread.sleep(POLL_MILLIS));
    }

    /** Something to do while a machine runs. */
    interface Action {
        void run() throws Exception;
    }

    /** Does something again and again until the machine has come so far. */
    void repeatUntil(String what, Duration atMost, BooleanSupplier condition, Action action) throws Exception {
        long end = System.nanoTime() + atMost.toNanos();
        while (!condition.getAsBoolean()) {
            var outcome = vm.outcome().toCompletableFuture();
            boolean over = outcome.isDone();
            if (!over && System.nanoTime() < end) {
                action.run();
            } else if (!over || !condition.getAsBoolean()) {
                throw new AssertionError("no %s %s; bays %s\n%s"
                        .formatted(
                                what,
                                over ? "before the machine ended: " + outcome.join() : "within " + atMost,
                                vm.bays(),
                                tail()));
            }
        }
    }

    /** The last of the messages. */
    String tail() throws IOException {
        String all = messages();
        return all.substring(Math.max(0, all.length() - 3000));
    }

    @Override
    public void close() {
        vm.remove();
    }
}
