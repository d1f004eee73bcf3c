package dev.backplane.kernel.internal.vm;

import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Brings vCPUs out of the guest whose slice of processor time is over: one thread for all machines of the process. It sleeps until the
 * first slice may be over by the host's clock, which is no earlier than by the thread's own, and looks at that one then. Allocates
 * nothing in the steady state.
 */
final class SliceClock implements AutoCloseable {
    /** A time that does not come. */
    static final long NEVER = Long.MAX_VALUE;

    private final CopyOnWriteArrayList<VcpuSlice> slices = new CopyOnWriteArrayList<>();
    private final long origin = System.nanoTime();
    private volatile @Nullable Thread thread;
    private volatile long next = NEVER;
    private volatile boolean closed;

    /** Nanoseconds since this clock was made. */
    long now() {
        return System.nanoTime() - origin;
    }

    void add(VcpuSlice slice) {
        slices.add(slice);
    }

    void remove(VcpuSlice slice) {
        slices.remove(slice);
    }

    /** Some slice may be over then. */
    void watch(long at) {
        if (at < next) {
            LockSupport.unpark(started());
        }
    }

    private Thread started() {
        Thread running = thread;
        return running != null ? running : start();
    }

    private synchronized Thread start() {
        Thread running = thread;
        if (running == null) {
            running = Thread.ofPlatform()
                    .name("backplane/slices")
                    .daemon()
                    .inheritInheritableThreadLocals(false)
                    .unstarted(this::run);
            running.setContextClassLoader(null);
            thread = running;
            running.start();
        }
        return running;
    }

    private void run() {
        while (!closed) {
            // Whoever comes while we look finds that nothing is planned, and wakes us.
            next = NEVER;
            long now = now();
            long first = NEVER;
            for (VcpuSlice slice : slices) {
                first = Math.min(first, slice.check(now));
            }
            next = first;
            if (first == NEVER) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, Math.max(1, first - now()));
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
    }
}
