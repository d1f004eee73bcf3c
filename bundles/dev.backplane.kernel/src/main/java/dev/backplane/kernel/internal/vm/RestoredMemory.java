package dev.backplane.kernel.internal.vm;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.kernel.internal.memory.FrozenRam;
import dev.backplane.kernel.internal.memory.RamBacking;
import dev.backplane.kernel.internal.snapshot.Snapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One machine's hold on the memory of the snapshot that it comes from. The file is copied into memory of this process, which is sealed
 * then: whatever becomes of the file, machine code never touches a page that is not there. Machines that come from the same snapshot share
 * it. Its checksums are looked at while the machines run already.
 */
final class RestoredMemory implements Restoration.Memory {
    private final Pool pool;
    private final Snapshot snapshot;
    private final Set<Path> movedDisks;
    private final Consumer<String> damaged;
    private boolean taken;
    private boolean released;

    /** The memories of this process. */
    static final class Pool {
        private final Map<String, Shared> shared = new HashMap<>();

        /**
         * A hold on the memory of a snapshot, which takes nothing yet.
         *
         * @param movedDisks disks that the machine does not use; the others must be as they were when it is started
         * @param damaged told, on a thread of its own, when a checksum is wrong
         */
        RestoredMemory of(Snapshot snapshot, Set<Path> movedDisks, Consumer<String> damaged) {
            return new RestoredMemory(this, snapshot, movedDisks, damaged);
        }

        private synchronized Shared join(String id) {
            Shared one = shared.computeIfAbsent(id, any -> new Shared());
            one.users++;
            return one;
        }

        private void leave(String id) {
            Shared one;
            synchronized (this) {
                one = shared.get(id);
                if (one == null || --one.users > 0) {
                    return;
                }
                shared.remove(id);
            }
            one.close();
        }
    }

    /** The memory of one snapshot. */
    private static final class Shared {
        private final Set<Consumer<String>> listeners = ConcurrentHashMap.newKeySet();
        private int users;
        private @Nullable FrozenRam frozen;
        private volatile boolean closed;
        private @Nullable Thread verifier;

        /** The first machine gets the memory that is filled, others what it was then. */
        private synchronized RamBacking back(Snapshot snapshot, RamBacking.Source source, String vm)
                throws IOException {
            FrozenRam known = frozen;
            if (known != null) {
                return known.back(vm);
            }
            RamBacking made = source.allocate(vm, snapshot.manifest().memory().bytes());
            boolean complete = false;
            try {
                snapshot.load(made.segment());
                FrozenRam kept = made.freeze();
                frozen = kept;
                complete = true;
                verify(snapshot, kept);
                return made;
            } finally {
                if (!complete) {
                    made.close();
                }
            }
        }

        private void verify(Snapshot snapshot, FrozenRam kept) {
            Thread thread = Thread.ofPlatform()
                    .name("backplane/verify " + snapshot.folder().getFileName())
                    .daemon()
                    .inheritInheritableThreadLocals(false)
                    .unstarted(() -> check(snapshot, kept));
            thread.setContextClassLoader(null);
            verifier = thread;
            thread.start();
        }

        private void check(Snapshot snapshot, FrozenRam kept) {
            Optional<String> damage;
            try {
                damage = snapshot.verify(kept.segment(), () -> closed);
            } catch (IOException e) {
                damage = Optional.of("%s: its memory cannot be compared with its checksums: %s"
                        .formatted(snapshot.folder(), e.getMessage()));
            }
            damage.ifPresent(text -> listeners.forEach(listener -> listener.accept(text)));
        }

        private void close() {
            closed = true;
            Thread last;
            FrozenRam kept;
            synchronized (this) {
                last = verifier;
                kept = frozen;
            }
            try {
                if (last != null) {
                    last.join();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            if (kept != null) {
                kept.close();
            }
        }
    }

    private RestoredMemory(Pool pool, Snapshot snapshot, Set<Path> movedDisks, Consumer<String> damaged) {
        this.pool = pool;
        this.snapshot = snapshot;
        this.movedDisks = Set.copyOf(movedDisks);
        this.damaged = damaged;
    }

    private String id() {
        return snapshot.folder() + " " + snapshot.manifest().id();
    }

    @Override
    public RamBacking take(RamBacking.Source source, String vm) throws IOException, ConfigurationException {
        List<String> changed = snapshot.changedDisks(movedDisks);
        if (!changed.isEmpty()) {
            throw new ConfigurationException(String.join("; ", changed));
        }
        synchronized (this) {
            taken = true;
        }
        Shared shared = pool.join(id());
        shared.listeners.add(damaged);
        return shared.back(snapshot, source, vm);
    }

    @Override
    public void release() {
        synchronized (this) {
            if (!taken || released) {
                return;
            }
            released = true;
        }
        pool.leave(id());
    }
}
