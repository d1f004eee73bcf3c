package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.event.EventCounter;
import dev.backplane.natives.event.EventPoller;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/**
 * An epoll descriptor with a counter of its own among those that it watches. The lock is held by the thread that waits, as in
 * {@link PolledStream}.
 */
final class Epoll implements EventPoller {
    private static final int MOST = 64;
    private static final int OWN_KEY = -1;

    private final SystemCalls calls;
    private final Descriptor descriptor;
    private final LinuxEventCounter wakeup;
    private final ReentrantLock use = new ReentrantLock();
    private final Arena arena = Arena.ofShared();
    private final int stride = "amd64".equals(System.getProperty("os.arch")) ? 12 : 16;
    private final int dataOffset = stride - 8;
    private final MemorySegment ready = arena.allocate((long) MOST * stride, 8);
    private volatile boolean closed;

    Epoll(SystemCalls calls, LinuxEventCounter wakeup) throws HostException {
        this.calls = calls;
        this.wakeup = wakeup;
        descriptor = Descriptor.of(
                calls, "epoll", calls.check(libc -> libc.epoll_create1(Linux.EPOLL_CLOEXEC), "epoll_create1()"));
        watch(wakeup, OWN_KEY);
    }

    @Override
    public void add(EventCounter counter, int key) throws HostException {
        if (key < 0) {
            throw new IllegalArgumentException("key " + key + ": expected zero or more");
        }
        watch(counter, key);
    }

    private void watch(EventCounter counter, int key) throws HostException {
        int watched = counter.descriptor();
        try (Arena call = Arena.ofConfined()) {
            MemorySegment event = call.allocate(stride, 8);
            event.set(ValueLayout.JAVA_INT, 0, Linux.EPOLLIN);
            event.set(ValueLayout.JAVA_INT_UNALIGNED, dataOffset, key);
            descriptor.check(
                    (libc, fd) -> libc.epoll_ctl(fd, Linux.EPOLL_CTL_ADD, watched, event.address()),
                    "epoll_ctl(%s, ADD, %d)",
                    watched);
        }
    }

    @Override
    public void remove(EventCounter counter) {
        try (Arena call = Arena.ofConfined()) {
            MemorySegment event = call.allocate(stride, 8);
            int watched = counter.descriptor();
            descriptor.check(
                    (libc, fd) -> libc.epoll_ctl(fd, Linux.EPOLL_CTL_DEL, watched, event.address()),
                    "epoll_ctl(%s, DEL, %d)",
                    watched);
        } catch (HostException | IllegalStateException e) {
            // Not watched, or closed, which ends the watch by itself.
        }
    }

    @Override
    public int await(int[] keys, Duration timeout) throws HostException {
        use.lock();
        try {
            if (closed) {
                throw new IllegalStateException("epoll is closed");
            }
            int millis = Math.clamp(timeout.plusNanos(999_999).toMillis(), 0, Integer.MAX_VALUE);
            int count = calls.libc()
                    .epoll_wait(descriptor.number(), ready.address(), Math.min(MOST, keys.length + 1), millis);
            if (count < 0 && !calls.failedWith(Errno.EINTR)) {
                throw calls.failure("epoll_wait()");
            }
            return deliver(keys, count);
        } finally {
            use.unlock();
        }
    }

    private int deliver(int[] keys, int count) {
        int delivered = 0;
        for (int i = 0; i < count && delivered < keys.length; i++) {
            int key = ready.get(ValueLayout.JAVA_INT_UNALIGNED, (long) i * stride + dataOffset);
            if (key == OWN_KEY) {
                wakeup.take();
            } else {
                keys[delivered++] = key;
            }
        }
        return delivered;
    }

    @Override
    public void wake() {
        wakeup.signal();
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            wake();
        }
        use.lock();
        try {
            descriptor.close();
            wakeup.close();
            arena.close();
        } finally {
            use.unlock();
        }
    }
}
