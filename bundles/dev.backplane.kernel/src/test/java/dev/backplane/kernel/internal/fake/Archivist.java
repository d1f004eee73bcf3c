package dev.backplane.kernel.internal.fake;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.ResetKind;
import dev.backplane.api.device.Shape;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Option;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.part.RevokedException;
import dev.backplane.api.state.StateVersion;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageRef;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A device that counts on its disk for as long as it runs, and notices when the disk forgets. */
public final class Archivist implements DeviceFactory<Archivist.Options, Archivist.State> {
    /** Its options. */
    public record Options(@Option("Its disk.") StorageRef disk) {}

    /** Its state. */
    @StateVersion(schema = "archivist", writes = 1, reads = 1)
    public record State(long count) {}

    /** How far it has counted. */
    public final AtomicLong counted = new AtomicLong();

    /** How often it has come to rest. */
    public final AtomicLong rests = new AtomicLong();

    /** Called when it is to come to rest, before it does anything for that. */
    public volatile @Nullable Runnable resting;

    /** Whether it flushes what it writes. */
    public volatile boolean flushing;

    /** What went wrong. */
    public final List<String> complaints = new CopyOnWriteArrayList<>();

    /** It counts on. */
    public void awaitProgress() throws InterruptedException {
        long before = counted.get();
        TestHost.await("it counts", () -> counted.get() > before + 20);
    }

    @Override
    public Shape shape(Options options) {
        return Shape.empty();
    }

    @Override
    public Device<State> create(Options options, DeviceContext context) {
        return new Made(options, context, 0);
    }

    @Override
    public Device<State> restore(Options options, DeviceContext context, State state) {
        return new Made(options, context, state.count());
    }

    private final class Made implements Device<State> {
        private final Storage disk;
        private final DeviceContext context;
        private final MemorySegment cell = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);
        private long count;
        private boolean resting = true;
        private boolean busy;

        Made(Options options, DeviceContext context, long count) {
            this.context = context;
            this.count = count;
            disk = context.storage(options.disk());
        }

        private void work() {
            try {
                while (goesOn()) {
                    disk.read(0, cell);
                    long found = cell.get(ValueLayout.JAVA_LONG, 0);
                    if (found != count) {
                        complaints.add("found %d, expected %d".formatted(found, count));
                    }
                    cell.set(ValueLayout.JAVA_LONG, 0, count + 1);
                    disk.write(0, cell);
                    if (flushing) {
                        disk.flush();
                    }
                    count++;
                    counted.incrementAndGet();
                }
            } catch (StorageException e) {
                if (e.kind() == StorageException.Kind.AWAY) {
                    // It goes on when it is resumed.
                    return;
                }
                complaints.add(String.valueOf(e.getMessage()));
            } catch (RevokedException e) {
                // The machine has ended.
            } finally {
                synchronized (this) {
                    busy = false;
                    notifyAll();
                }
            }
        }

        private synchronized boolean goesOn() {
            return !resting;
        }

        @Override
        public void quiesce(Deadline deadline) throws InterruptedException {
            Runnable before = Archivist.this.resting;
            if (before != null) {
                before.run();
            }
            rest(deadline);
        }

        private synchronized void rest(Deadline deadline) throws InterruptedException {
            resting = true;
            while (busy) {
                TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline.remainingNanos()));
                if (busy && deadline.passed()) {
                    throw new IllegalStateException("the disk does not answer");
                }
            }
            rests.incrementAndGet();
        }

        @Override
        public State save() {
            return new State(count);
        }

        @Override
        public synchronized void resume(Resumption why) {
            if (disk.capacityBytes() < Long.BYTES) {
                complaints.add("a disk of %d bytes".formatted(disk.capacityBytes()));
            }
            resting = false;
            // After a quiesce that failed it is at work still.
            if (!busy) {
                busy = true;
                context.executor().execute(this::work);
            }
        }

        @Override
        public void reset(ResetKind kind) {
            count = 0;
        }

        @Override
        public void close() {}
    }
}
