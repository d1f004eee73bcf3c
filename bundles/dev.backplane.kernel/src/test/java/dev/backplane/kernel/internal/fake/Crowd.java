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
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;

/** A device of which many count on one disk, each at its own place, and notice when the disk forgets. */
public final class Crowd implements DeviceFactory<Crowd.Options, Crowd.State> {
    /** How many. */
    public static final int MEMBERS = 8;

    private static final int FLUSH_EVERY = 4;

    /** Its options. */
    public record Options(@Option("Its disk.") StorageRef disk) {}

    /** Its state: how far each has counted. */
    @StateVersion(schema = "crowd", writes = 1, reads = 1)
    public record State(List<Long> counts) {}

    /** How far each has counted. */
    public final AtomicLongArray counted = new AtomicLongArray(MEMBERS);

    /** What went wrong. */
    public final List<String> complaints = new CopyOnWriteArrayList<>();

    @Override
    public Shape shape(Options options) {
        return Shape.empty();
    }

    @Override
    public Device<State> create(Options options, DeviceContext context) {
        return new Made(options, context, new long[MEMBERS]);
    }

    @Override
    public Device<State> restore(Options options, DeviceContext context, State state) {
        return new Made(
                options,
                context,
                state.counts().stream().mapToLong(Long::longValue).toArray());
    }

    private final class Made implements Device<State> {
        private final Storage disk;
        private final DeviceContext context;
        private final long[] counts;
        private boolean resting = true;
        private int busy;

        Made(Options options, DeviceContext context, long[] counts) {
            this.context = context;
            this.counts = counts;
            disk = context.storage(options.disk());
        }

        private void work(int member) {
            MemorySegment cell = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);
            try {
                while (goesOn()) {
                    count(member, cell);
                }
            } catch (StorageException e) {
                // What was away is asked again when it is resumed.
                if (e.kind() != StorageException.Kind.AWAY) {
                    complaints.add(String.valueOf(e.getMessage()));
                }
            } catch (RevokedException e) {
                // The machine has ended.
            } finally {
                synchronized (this) {
                    busy--;
                    notifyAll();
                }
            }
        }

        private void count(int member, MemorySegment cell) throws StorageException {
            long place = Long.BYTES * (long) member;
            disk.read(place, cell);
            long found = cell.get(ValueLayout.JAVA_LONG, 0);
            if (found != counts[member]) {
                complaints.add("%d found %d, expected %d".formatted(member, found, counts[member]));
            }
            cell.set(ValueLayout.JAVA_LONG, 0, counts[member] + 1);
            disk.write(place, cell);
            counts[member]++;
            counted.incrementAndGet(member);
            if (counts[member] % FLUSH_EVERY == 0) {
                disk.flush();
            }
        }

        private synchronized boolean goesOn() {
            return !resting;
        }

        @Override
        public synchronized void quiesce(Deadline deadline) throws InterruptedException {
            resting = true;
            while (busy > 0) {
                TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline.remainingNanos()));
                if (busy > 0 && deadline.passed()) {
                    throw new IllegalStateException("the disk does not answer");
                }
            }
        }

        @Override
        public State save() {
            return new State(Arrays.stream(counts).boxed().toList());
        }

        @Override
        public synchronized void resume(Resumption why) {
            resting = false;
            busy = MEMBERS;
            for (int i = 0; i < MEMBERS; i++) {
                int member = i;
                context.executor().execute(() -> work(member));
            }
        }

        @Override
        public void reset(ResetKind kind) {}

        @Override
        public void close() {}
    }
}
