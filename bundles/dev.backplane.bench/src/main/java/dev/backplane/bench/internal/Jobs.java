package dev.backplane.bench.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.guest.Guest;
import dev.backplane.guest.GuestArguments;
import dev.backplane.guest.GuestMaker;
import dev.backplane.machine.pc.image.LinuxImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Makes the files that the machines run, in one folder. One thread. */
final class Jobs {
    /** What the demo's guest is booted with; nothing but what goes wrong is to come between our marks. */
    private static final String LINUX = "console=ttyS0 mitigations=off loglevel=3 panic=-1";

    private static final String BOOT_COMMAND = "#!/bin/busybox sh\necho 'bench 1'\necho end\nexec poweroff -f\n";

    private final Programs programs;
    private final GuestMaker guests;
    private final Path folder;
    private final Consumer<String> progress;
    private @Nullable Guest guest;

    Jobs(Programs programs, GuestMaker guests, Path folder, Consumer<String> progress) {
        this.programs = programs;
        this.guests = guests;
        this.folder = folder;
        this.progress = progress;
    }

    /** The freestanding kernels of some workloads. */
    Job kernels(Set<Workload> workloads, int passes, int percent) throws IOException {
        Path file = folder.resolve("kernels.elf");
        if (!Files.exists(file)) {
            Files.write(file, programs.kernels());
        }
        String only = workloads.stream().map(Workload::word).sorted().collect(Collectors.joining(","));
        return new Job(file, null, "only=%s passes=%d percent=%d".formatted(only, passes, percent), 1, false);
    }

    /** The kernels under Linux for a number of vCPUs: with one system calls and page faults, with two whether they work side by side. */
    Job linux(int cpus, int passes, int percent) throws IOException, ConfigurationException {
        Path initrd = folder.resolve("linux.cpio");
        if (!Files.exists(initrd)) {
            guests.addPrograms(null, Map.of("init", programs.linux()), initrd);
        }
        String words = " passes=%d percent=%d processors=%d".formatted(passes, percent, cpus);
        return new Job(kernel(), initrd, LINUX + words, cpus, true);
    }

    /** The demo's guest with a command that does nothing. */
    Job boot() throws IOException, ConfigurationException {
        Path initrd = folder.resolve("boot.cpio");
        if (!Files.exists(initrd)) {
            byte[] command = BOOT_COMMAND.getBytes(StandardCharsets.US_ASCII);
            guests.addPrograms(guest().initrd(), Map.of("libexec/command", command), initrd);
        }
        return new Job(kernel(), initrd, LINUX + " " + GuestArguments.command().words(), 1, true);
    }

    private Path kernel() throws IOException, ConfigurationException {
        Path elf = folder.resolve("vmlinux");
        if (!Files.exists(elf)) {
            LinuxImage.unpack(guest().kernel(), elf);
        }
        return elf;
    }

    private Guest guest() throws IOException {
        if (guest == null) {
            guest = guests.make(guests.defaultCache(), progress);
        }
        return guest;
    }
}
