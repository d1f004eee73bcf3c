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
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One machine's hold on the memory of the snapshot that it comes from. Machines that come from the same snapshot share it. They begin on its
 * files, where those lie as memory does and the host keeps others from changing them; meanwhile the files are read into memory of this
 * process, which is sealed then and compared with the checksums, and the machines go over to it. Elsewhere that memory is filled first. Either way
 * nothing that becomes of the files concerns a machine: machine code must never touch a page that is not there.
 */
final class RestoredMemory implements Restoration.Memory {
    private static final System.Logger LOG = System.getLogger(RestoredMemory.class.getName());

    /** Reads what machines wait for. */
    private static final int HURRIED_THREADS = 8;

    private final Pool pool;
    private final Snapshot snapshot;
    private final Set<Path> movedDisks;
    private final User user;
    private boolean taken;
    private boolean released;

    /** The machine. Called on any thread. */
    interface User {
        /** What it goes on from is damaged. */
        void damaged(String what);

        /** It stands on files that cannot be read to their end, and must not touch them again. */
        void unreadable(String what);

        /** All is in memory now, which is there as long as the machine: it can let go of files. */
        void read(FrozenRam memory);
    }

    /** The memories of this process. */
    static final class Pool {
        private final Map<String, Shared> shared = new HashMap<>();

        /**
         * A hold on the memory of a snapshot, which takes nothing yet.
         *
         * @param movedDisks disks that the machine does not use; the others must be as they were when it is started
         * @param user the machine
         */
        RestoredMemory of(Snapshot snapshot, Set<Path> movedDisks, User user) {
            return new RestoredMemory(this, snapshot, movedDisks, user);
        }

        private synchronized Shared join(String id) {
            Shared one = shared.computeIfAbsent(id, any -> new Shared());
            one.users++;
            return one;
        }

        private boolean isOnFiles(String id) {
            Shared one;
            synchronized (this) {
                one = shared.get(id);
            }
            return one != null && one.onFiles();
        }

        private void leave(String id, User user) {
            Shared one;
            synchronized (this) {
                one = shared.get(id);
                if (one == null) {
                    return;
                }
                one.all.remove(user);
                if (--one.users > 0) {
                    return;
                }
                shared.remove(id);
            }
            one.close();
        }
    }

    /** The memory of one snapshot. */
    private static final class Shared {
        private final Set<User> all = ConcurrentHashMap.newKeySet();
        private int users;
        /** The files, until they are read. */
        private @Nullable FrozenRam files;

        private @Nullable FrozenRam frozen;
        private volatile @Nullable String damage;
        private volatile boolean unreadable;
        private volatile boolean closed;
        private @Nullable Thread reader;

        private synchronized RamBacking back(Snapshot snapshot, RamBacking.Source source, String vm)
                throws IOException {
            if (frozen == null && files == null) {
                begin(snapshot, source, vm);
            }
            FrozenRam known = frozen == null ? files : frozen;
            return Objects.requireNonNull(known).back(vm);
        }

        private void begin(Snapshot snapshot, RamBacking.Source source, String vm) throws IOException {
            long bytes = snapshot.manifest().memory().bytes();
            FrozenRam looked = snapshot.inPlace()
                    .flatMap(runs -> source.lookAt(bytes, runs))
                    .orElse(null);
            files = looked;
            FrozenRam read = looked == null ? read(snapshot, source, vm, HURRIED_THREADS) : null;
            frozen = read;
            Thread thread = Thread.ofPlatform()
                    .name("backplane/read " + snapshot.folder().getFileName())
                    .daemon()
                    .inheritInheritableThreadLocals(false)
                    .unstarted(() -> run(snapshot, source, vm, read));
            thread.setContextClassLoader(null);
            reader = thread;
            thread.start();
        }

        private static FrozenRam read(Snapshot snapshot, RamBacking.Source source, String vm, int threads)
                throws IOException {
            RamBacking made = source.allocate(vm, snapshot.manifest().memory().bytes());
            try {
                snapshot.load(made.segment(), threads);
                return made.freeze();
            } finally {
                made.close();
            }
        }

        private void run(Snapshot snapshot, RamBacking.Source source, String vm, @Nullable FrozenRam known) {
            try {
                // The guest has more use for the other processors.
                FrozenRam read = known == null ? read(snapshot, source, vm, 1) : known;
                Optional<String> wrong = snapshot.verify(read.segment(), () -> closed);
                synchronized (this) {
                    frozen = read;
                    if (files != null) {
                        files.close();
                        files = null;
                    }
                }
                wrong.ifPresent(this::tell);
                if (known == null) {
                    all.forEach(user -> user.read(read));
                }
            } catch (IOException e) {
                unreadable = true;
                tell("%s: its memory cannot be read: %s".formatted(snapshot.folder(), e.getMessage()));
            } catch (OutOfMemoryError e) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "{0}: machines stay on its files, which must not change: {1}",
                        snapshot.folder(),
                        e.getMessage());
            }
        }

        private void tell(String wrong) {
            damage = wrong;
            all.forEach(user -> tell(user, wrong));
        }

        private void tell(User user, String wrong) {
            if (unreadable) {
                user.unreadable(wrong);
            } else {
                user.damaged(wrong);
            }
        }

        private synchronized boolean onFiles() {
            return files != null;
        }

        private void close() {
            closed = true;
            Thread last;
            synchronized (this) {
                last = reader;
            }
            try {
                if (last != null) {
                    last.join();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            synchronized (this) {
                if (frozen != null) {
                    frozen.close();
                }
                if (files != null) {
                    files.close();
                }
            }
        }
    }

    private RestoredMemory(Pool pool, Snapshot snapshot, Set<Path> movedDisks, User user) {
        this.pool = pool;
        this.snapshot = snapshot;
        this.movedDisks = Set.copyOf(movedDisks);
        this.user = user;
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
        shared.all.add(user);
        RamBacking made = shared.back(snapshot, source, vm);
        String known = shared.damage;
        if (known != null) {
            shared.tell(user, known);
        }
        return made;
    }

    @Override
    public Optional<Path> readsFrom() {
        return pool.isOnFiles(id()) ? Optional.of(snapshot.folder()) : Optional.empty();
    }

    @Override
    public void release() {
        synchronized (this) {
            if (!taken || released) {
                return;
            }
            released = true;
        }
        pool.leave(id(), user);
    }
}
