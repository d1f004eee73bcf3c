package dev.backplane.shell.internal.cli;

import dev.backplane.guest.DiskGuest;
import dev.backplane.guest.GuestArguments;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a run of the demo has beside the plain guest: with a disk, that and a network with a page on it; else nothing. */
final class DemoExtras implements AutoCloseable {
    /** A disk has first to be written. */
    private static final Duration DISK_POWER_OFF = Duration.ofMinutes(5);

    private final @Nullable DemoDisk disk;
    private final boolean nvme;
    private final @Nullable DemoPage page;

    private DemoExtras(@Nullable DemoDisk disk, boolean nvme, @Nullable DemoPage page) {
        this.disk = disk;
        this.nvme = nvme;
        this.page = page;
    }

    /** For a guest without a disk where {@code guest} is null. */
    static DemoExtras of(Environment environment, DiskOptions options, @Nullable DiskGuest guest, RunFolder folder)
            throws Exception {
        if (guest == null) {
            return new DemoExtras(null, false, null);
        }
        DemoDisk disk = options.kept().isPresent()
                ? DemoDisk.kept(environment.disks(), guest, options.kept().get(), environment::say)
                : DemoDisk.overlay(environment.disks(), guest, folder);
        return new DemoExtras(disk, options.nvme(), DemoPage.serve());
    }

    /** The guest's words with ours. */
    GuestArguments add(GuestArguments arguments) {
        return page == null
                ? arguments
                : arguments.on(nvme ? "/dev/nvme0n1" : "/dev/vda").withPage(page.address());
    }

    /** Lines of a VM file's list of devices. */
    String devices() {
        return disk == null ? "" : DemoMachine.disk(disk, nvme) + "  - {type: virtio-net, id: net0, network: user}\n";
    }

    /** How long the guest may take to go off when its command has ended. */
    Duration powerOff() {
        return disk == null ? CommandRun.POWER_OFF : DISK_POWER_OFF;
    }

    @Override
    public void close() {
        if (page != null) {
            page.close();
        }
    }
}
