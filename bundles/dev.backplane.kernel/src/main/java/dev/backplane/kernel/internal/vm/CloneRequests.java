package dev.backplane.kernel.internal.vm;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Resumption.Cause;
import dev.backplane.api.state.StateException;
import dev.backplane.api.vm.CloneOptions;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmSource;
import dev.backplane.kernel.internal.file.NodeText;
import dev.backplane.kernel.internal.file.VmFile;
import dev.backplane.kernel.internal.file.VmFileReader;
import dev.backplane.kernel.internal.memory.FrozenRam;
import dev.backplane.kernel.internal.memory.RamBacking;
import dev.backplane.kernel.internal.snapshot.MachineState;
import dev.backplane.kernel.internal.vm.Restoration.Past;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Looks at a machine, while it stands for a moment, so that others go on from there. Any thread but the control thread. */
final class CloneRequests {
    private final SnapshotRequests.Host host;

    CloneRequests(SnapshotRequests.Host host) {
        this.host = host;
    }

    /**
     * A clone to be.
     *
     * @param file its VM file
     * @param origin where it goes on from
     */
    record Ready(VmFile file, Origin origin) {}

    /**
     * What clones are made of. Closed when all machines are made.
     *
     * @param clones the clones to be
     * @param memory holds the memory until they have theirs
     * @param disks their disks
     * @param pause how long the machine stood
     */
    record Mold(List<Ready> clones, Shared memory, CloneDisks disks, Duration pause) implements AutoCloseable {
        @Override
        public void close() {
            memory.release();
        }
    }

    /** What the machine was when it stood. */
    private record Standing(Gathering still, FrozenRam memory) {}

    /**
     * Looks at the machine.
     *
     * @throws VmException when it cannot be cloned: it goes on as it was
     */
    Mold take(CloneOptions options) throws VmException {
        return host.command(() -> {
            try {
                return stand(options);
            } catch (IOException | StateException | ConfigurationException e) {
                throw new VmException("%s: no clone was made: %s".formatted(host.name(), e.getMessage()));
            }
        });
    }

    private Mold stand(CloneOptions options) throws Exception {
        Life life = host.life();
        Assembly machine = host.wired().orElseThrow();
        if (machine.group() instanceof VcpuTurns) {
            throw new VmException(host.name() + ": a machine on virtual time (clock: virtual) has no clones");
        }
        CloneDisks disks = CloneDisks.of(machine, options);
        List<VmFile> files = new ArrayList<>();
        for (int number = 1; number <= options.count(); number++) {
            files.add(file(machine, options, disks, number));
        }
        try {
            return stand(life, machine, disks, files);
        } catch (Exception e) {
            disks.abandon();
            throw e;
        }
    }

    private Mold stand(Life life, Assembly machine, CloneDisks disks, List<VmFile> files) throws Exception {
        boolean ran = !life.pausedByUser();
        long began = System.nanoTime();
        Standing standing = life.atRest(() -> {
            Gathering still = Gathering.of(machine);
            disks.copy();
            return new Standing(still, machine.surroundings().ram().freeze());
        });
        Duration pause = ran ? Duration.ofNanos(System.nanoTime() - began) : Duration.ZERO;
        Shared memory = new Shared(standing.memory());
        try {
            Gathering still = standing.still();
            Past past = past(still, standing.memory().bytes(), disks);
            List<Restoration.Slotted> slots = Restorer.slots(still.slots(), Map.of());
            List<Ready> clones = new ArrayList<>();
            for (VmFile file : files) {
                clones.add(new Ready(
                        file, new Restoration(past, disks.slots(slots, file.name()), memory.hold(), Cause.CLONE)));
            }
            return new Mold(clones, memory, disks, pause);
        } catch (ConfigurationException | RuntimeException e) {
            memory.close();
            throw e;
        }
    }

    /** The machine's own file with another name, and on the same CPU backend. */
    private static VmFile file(Assembly machine, CloneOptions options, CloneDisks disks, int number)
            throws ConfigurationException, StateException {
        VmFile own = machine.file();
        Map<String, String> overrides = new LinkedHashMap<>();
        overrides.put("name", options.name(number));
        options.overrides().forEach((key, value) -> overrides.put(key, CloneOptions.numbered(value, number)));
        if (!overrides.containsKey("cpu") && !overrides.containsKey("cpu.type")) {
            overrides.put("cpu.type", machine.bays().cpu().bay().spec().type());
        }
        String text = NodeText.file(disks.file(machine.tree(), options.name(number)));
        VmFile file = VmFileReader.read(new VmSource("", text, own.folder(), overrides));
        Restorer.refuseChange(VmFileReader.read(new VmSource("", text, own.folder(), Map.of())), file);
        return file;
    }

    /** What is below a device whose disk has got an overlay is not what it was. */
    private static Past past(Gathering still, long memoryBytes, CloneDisks disks) {
        MachineState state = still.state();
        return new Past(
                memoryBytes,
                still.takenMillis(),
                still.parts(),
                still.changes().stream()
                        .filter(change -> !disks.replace(change.bay()))
                        .toList(),
                new MachineState(
                        state.clockNanos(),
                        state.tscHz(),
                        state.board(),
                        state.parts().stream()
                                .filter(part -> !disks.replace(part.id()))
                                .toList()));
    }

    /** Frozen memory until the last of those who are to stand on it has its own, or is given up. */
    static final class Shared implements AutoCloseable {
        private final FrozenRam frozen;
        /** Whoever makes the clones, and the clones. */
        private final AtomicInteger holders = new AtomicInteger(1);

        Shared(FrozenRam frozen) {
            this.frozen = frozen;
        }

        private Restoration.Memory hold() {
            holders.incrementAndGet();
            AtomicBoolean released = new AtomicBoolean();
            return new Restoration.Memory() {
                @Override
                public RamBacking take(RamBacking.Source source, String vm) throws IOException {
                    RamBacking made = frozen.back(vm);
                    release();
                    return made;
                }

                @Override
                public void release() {
                    if (released.compareAndSet(false, true)) {
                        Shared.this.release();
                    }
                }
            };
        }

        void release() {
            if (holders.decrementAndGet() == 0) {
                frozen.close();
            }
        }

        @Override
        public void close() {
            frozen.close();
        }
    }
}
