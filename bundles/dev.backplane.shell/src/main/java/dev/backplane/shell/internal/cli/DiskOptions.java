package dev.backplane.shell.internal.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that give the demo's guest a disk and a network. */
final class DiskOptions {
    @Option(
            names = "--disk",
            arity = "0..1",
            paramLabel = "FILE",
            description = {
                "Boot from a root file system on a disk (ext4, 4 GiB, in a qcow2 image; virtio-block), and with a network"
                        + " (virtio-net, user) and a page of the host's on it. What the guest writes is gone when it ends; with"
                        + " FILE it is kept there. FILE is made where it is not there yet, and is the guest's own disk from"
                        + " then on: to begin anew, remove it."
            })
    private @Nullable String file;

    @Option(names = "--nvme", description = "The same with the disk behind nvme; --disk need not be said.")
    private boolean nvme;

    /** Whether there is to be a disk. */
    boolean wanted() {
        return nvme || file != null;
    }

    /** Where what the guest writes is to stay. */
    Optional<Path> kept() {
        return Optional.ofNullable(file).filter(name -> !name.isEmpty()).map(Path::of);
    }

    boolean nvme() {
        return nvme;
    }
}
