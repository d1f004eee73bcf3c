package dev.backplane.shell.internal.cli;

import dev.backplane.guest.Guest;
import dev.backplane.guest.GuestArguments;
import java.nio.file.Path;

/** The demo's VM files. */
final class DemoMachine {
    /** Nobody but the user's own commands runs in this guest, so it does without the price of speculation barriers. */
    private static final String KERNEL_ARGUMENTS = "console=ttyS0 mitigations=off";

    private static final String WARM = "quiet panic=-1 " + GuestArguments.warmWords();

    private DemoMachine() {}

    /** A shell on this terminal. Through the second port the guest hears of the terminal's size, if it has one. */
    static String console(Guest guest, GuestArguments arguments, RunFolder folder, String devices) {
        String com2 = arguments.rows() > 0 ? com2(folder) : "";
        return text(guest.kernel(), guest.initrd(), arguments.words(), "restart", "stdio", com2 + devices);
    }

    /** One command: its output through the second port, the kernel's messages into a file. */
    static String command(Guest guest, GuestArguments arguments, RunFolder folder, String devices) {
        // A kernel that panics resets at once, which ends the machine.
        String words = "quiet panic=-1 " + arguments.words();
        return text(guest.kernel(), folder.initrd(), words, "exit", messages(folder), com2(folder) + devices);
    }

    /** A guest that waits when it has booted. */
    static String warm(Guest guest, RunFolder folder) {
        return text(guest.kernel(), guest.initrd(), WARM, "exit", messages(folder), com2(folder));
    }

    /** What such a guest is like, whatever run it is for. */
    static String warmFacts(Guest guest) {
        return text(guest.kernel(), guest.initrd(), WARM, "", "", "");
    }

    /** A console for the kernel's messages. */
    static String messages(RunFolder folder) {
        return "{type: file, path: " + quoted(folder.messages()) + "}";
    }

    /** A console for the second serial port. */
    static String socket(RunFolder folder) {
        return "{type: socket, path: " + quoted(folder.socket()) + "}";
    }

    /** A device with a disk. */
    static String disk(DemoDisk disk, boolean nvme) {
        String backing = disk.backing()
                .map(file -> ", backing: {format: qcow2, file: " + quoted(file) + "}")
                .orElse("");
        return "  - {type: %s, id: disk0, disk: {format: qcow2, file: %s%s}}\n"
                .formatted(nvme ? "nvme" : "virtio-block", quoted(disk.file()), backing);
    }

    private static String com2(RunFolder folder) {
        return "  - {type: serial-16550, id: com2, com: 2, console: " + socket(folder) + "}\n";
    }

    private static String text(
            Path kernel, Path initrd, String words, String onReboot, String console, String otherDevices) {
        return """
               name: demo
               cpus: 1
               memory: 256MiB
               cpu: {type: auto}
               boot:
                 kernel: %s
                 initrd: %s
                 cmdline: %s
               onReboot: %s
               devices:
                 - {type: serial-16550, id: com1, com: 1, console: %s}
               """.formatted(
                                quoted(kernel),
                                quoted(initrd),
                                quoted((KERNEL_ARGUMENTS + " " + words).strip()),
                                onReboot,
                                console)
                + otherDevices
                + "  - {type: rtc-cmos, id: rtc}\n"
                + "  - {type: i8042-reset, id: i8042}\n";
    }

    private static String quoted(Path path) {
        return quoted(path.toString());
    }

    /** A double-quoted scalar of YAML 1.2 (section 7.3.1). */
    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ' || c == 0x7f) {
                quoted.append(String.format("\\x%02x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
