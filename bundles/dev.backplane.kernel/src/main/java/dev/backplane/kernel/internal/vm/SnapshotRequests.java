package dev.backplane.kernel.internal.vm;

import dev.backplane.api.state.StateException;
import dev.backplane.api.vm.SnapshotOptions;
import dev.backplane.api.vm.SnapshotReport;
import dev.backplane.api.vm.VmException;
import dev.backplane.kernel.internal.bay.Bay;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.files.HostImageFile;
import dev.backplane.kernel.internal.memory.FrozenRam;
import dev.backplane.kernel.internal.snapshot.Manifest;
import dev.backplane.kernel.internal.snapshot.Snapshot;
import dev.backplane.kernel.internal.snapshot.SnapshotWriting;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes snapshots of a machine for those who ask: looks at it on its control thread while it stands, and writes on the thread of who asks
 * when it runs again. Any thread but the control thread.
 */
final class SnapshotRequests {
    private final Host host;
    private final AtomicBoolean busy = new AtomicBoolean();
    private @Nullable Last last;
    private Consumer<String> steps = step -> {};

    /** The memory as the last snapshot has it: what has changed since is known without a look at it. */
    private record Last(String id, FrozenRam memory) {}

    /** The machine. */
    interface Host {
        /** Its name. */
        String name();

        /** Runs something on its control thread; called on any other. */
        <T extends @Nullable Object> T command(Callable<T> command) throws VmException;

        /** Its life, on its control thread. Fails where it neither runs nor is paused. */
        Life life() throws VmException;

        /** What it is made of, while it lives. */
        Optional<Assembly> wired();
    }

    SnapshotRequests(Host host) {
        this.host = host;
    }

    /** What the machine was when it stood. */
    private record Standing(Gathering still, FrozenRam memory, Duration pause) {}

    /** Tells of each step of the writing, for tests. */
    void tell(Consumer<String> listener) {
        steps = listener;
    }

    SnapshotReport take(Path folder, SnapshotOptions options) throws VmException {
        if (!busy.compareAndSet(false, true)) {
            throw new VmException(host.name() + ": another snapshot is being made: ask again when it is complete");
        }
        long began = System.nanoTime();
        Path target = folder.toAbsolutePath().normalize();
        try {
            Snapshot base = options.base().isPresent() ? base(options.base().get()) : null;
            try (SnapshotWriting writing = SnapshotWriting.begin(target, options.compress(), base, steps)) {
                Standing standing = host.command(() -> {
                    try {
                        return stand(writing, options.copyDisks());
                    } catch (IOException | StateException e) {
                        throw refused(e);
                    }
                });
                try (FrozenRam memory = standing.memory()) {
                    writing.write(standing.still(), memory, earlier(base));
                    last = new Last(writing.id(), memory);
                }
                return report(writing, standing, began);
            }
        } catch (IOException | StateException e) {
            throw refused(e);
        } finally {
            busy.set(false);
        }
    }

    private VmException refused(Exception why) {
        return new VmException("%s: no snapshot was made: %s".formatted(host.name(), why.getMessage()));
    }

    private Snapshot base(Path folder) throws VmException, StateException, IOException {
        Assembly machine = host.wired().orElseThrow(() -> new VmException(host.name() + " does not run"));
        return SnapshotWriting.base(
                folder.toAbsolutePath().normalize(),
                machine.surroundings().ram().bytes());
    }

    private @Nullable FrozenRam earlier(@Nullable Snapshot base) {
        Last known = last;
        return base != null
                        && known != null
                        && known.id().equals(base.manifest().id())
                ? known.memory()
                : null;
    }

    private Standing stand(SnapshotWriting writing, boolean copyDisks) throws Exception {
        Life life = host.life();
        Assembly machine = host.wired().orElseThrow();
        if (machine.group() instanceof VcpuTurns) {
            throw new VmException(host.name() + ": a machine on virtual time (clock: virtual) makes no snapshots");
        }
        boolean ran = !life.pausedByUser();
        long began = System.nanoTime();
        record Look(Gathering still, FrozenRam memory) {}
        Look look = life.atRest(() -> {
            Gathering still = Gathering.of(machine);
            for (Bay bay : machine.bays().all()) {
                for (HostImageFile file : bay.images()) {
                    writing.disk(bay.id(), file, copyDisks);
                }
            }
            return new Look(still, machine.surroundings().ram().freeze());
        });
        Duration pause = ran ? Duration.ofNanos(System.nanoTime() - began) : Duration.ZERO;
        return new Standing(look.still(), look.memory(), pause);
    }

    private static SnapshotReport report(SnapshotWriting writing, Standing standing, long began) {
        List<String> notes = new ArrayList<>();
        for (Manifest.DiskFile disk : writing.disks()) {
            if (disk.copy().isEmpty() && disk.writable()) {
                notes.add("%s: %s is not in the snapshot and must not change from now on, or nothing goes on from it"
                        .formatted(disk.bay(), disk.path()));
            }
        }
        for (Manifest.Part part : standing.still().parts()) {
            boolean noted = writing.disks().stream().anyMatch(disk -> disk.bay().equals(part.id()));
            if (part.kind().equals(Kind.PROTOCOL.word()) && !noted) {
                notes.add("%s (%s) has no file that could be looked at: that it has not changed is yours to see to"
                        .formatted(part.id(), part.type()));
            }
        }
        return new SnapshotReport(
                standing.pause(),
                Duration.ofNanos(System.nanoTime() - began),
                writing.heldBytes(),
                writing.storedBytes(),
                notes);
    }
}
