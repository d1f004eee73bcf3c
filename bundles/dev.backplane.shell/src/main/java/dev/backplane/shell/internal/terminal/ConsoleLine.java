package dev.backplane.shell.internal.terminal;

import dev.backplane.api.console.ByteQueue;
import dev.backplane.api.console.HostTerminal;
import dev.backplane.api.console.TerminalSize;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One console of a machine: everything that its guest writes goes to all viewers and is kept for those to come, what any of them types
 * goes to the guest. The guest never waits for a viewer. The console's part may be replaced meanwhile.
 */
public final class ConsoleLine {
    private static final int BACKLOG_BYTES = 64 << 10;
    /** What a viewer may be behind. */
    private static final int BEHIND_BYTES = 256 << 10;

    private final Backlog backlog = new Backlog(BACKLOG_BYTES);
    private final List<Viewer> viewers = new CopyOnWriteArrayList<>();
    private volatile @Nullable Hold hold;
    private long rooms;

    /** The console's part has come. */
    HostTerminal.Attachment attach(HostTerminal.Input input) {
        Hold attached = new Hold(input);
        hold = attached;
        room();
        return attached;
    }

    /** Begins to show this console to somebody, from what is kept on. */
    public Viewer view() {
        synchronized (this) {
            Viewer viewer = new Viewer();
            byte[] kept = backlog.toByteArray();
            viewer.behind.offer(kept, 0, kept.length);
            viewers.add(viewer);
            return viewer;
        }
    }

    /** The order of what is written is the same for all viewers. */
    private synchronized void write(byte[] bytes, int offset, int length) {
        backlog.add(bytes, offset, length);
        for (Viewer viewer : viewers) {
            viewer.lost += length - viewer.behind.offer(bytes, offset, length);
        }
    }

    private synchronized void room() {
        rooms++;
        notifyAll();
    }

    private synchronized long rooms() {
        return rooms;
    }

    private synchronized void awaitRoom(long seen, long deadline) throws InterruptedException {
        while (rooms == seen) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return;
            }
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }

    private void resized() {
        Hold attached = hold;
        if (attached != null) {
            attached.input.resized();
        }
    }

    /** What the part holds. */
    private final class Hold implements HostTerminal.Attachment {
        private final HostTerminal.Input input;

        Hold(HostTerminal.Input input) {
            this.input = input;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            ConsoleLine.this.write(bytes, offset, length);
        }

        @Override
        public void ready() {
            room();
        }

        /** Of several viewers the last who came decides. */
        @Override
        public TerminalSize size() {
            return viewers.isEmpty() ? TerminalSize.UNKNOWN : viewers.getLast().size;
        }

        @Override
        public void close() {
            if (hold == this) {
                hold = null;
            }
        }
    }

    /** Somebody who looks at a console. */
    public final class Viewer implements AutoCloseable {
        private final ByteQueue behind = new ByteQueue(BEHIND_BYTES);
        private volatile TerminalSize size = TerminalSize.UNKNOWN;
        private long lost;

        private Viewer() {}

        /**
         * Waits for what the guest writes. One thread.
         *
         * @return how many bytes there are in {@code target}; 0 after {@link #wake}
         */
        public int read(byte[] target) throws InterruptedException {
            int count = behind.await(target);
            behind.remove(count);
            return count;
        }

        /** How many bytes were dropped since the last call, because they were not read in time. */
        public long takeLost() {
            synchronized (ConsoleLine.this) {
                long taken = lost;
                lost = 0;
                return taken;
            }
        }

        /** Whether everything was read. */
        public boolean isDrained() {
            return behind.size() == 0;
        }

        /** Ends a wait in {@link #read}, or the next one. Any thread. */
        public void wake() {
            behind.wake();
        }

        /**
         * Hands over what was typed, and waits while the guest takes no more.
         *
         * @return false if some of it was dropped in the end
         */
        public boolean type(byte[] bytes, int offset, int length, Duration atMost) throws InterruptedException {
            long deadline = System.nanoTime() + atMost.toNanos();
            int done = 0;
            while (true) {
                long seen = rooms();
                Hold attached = hold;
                done += attached == null ? 0 : attached.input.accept(bytes, offset + done, length - done);
                if (done == length || System.nanoTime() - deadline >= 0) {
                    return done == length;
                }
                awaitRoom(seen, deadline);
            }
        }

        /** Names the size of the viewer's terminal. */
        public void resize(TerminalSize now) {
            size = now;
            resized();
        }

        @Override
        public void close() {
            viewers.remove(this);
            resized();
        }
    }
}
