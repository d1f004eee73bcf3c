package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.terminal.ByteStream;
import dev.backplane.natives.terminal.Direction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A descriptor beside an event counter, both polled. The lock is held by the thread that reads or writes, for as long as it
 * waits: whoever closes wakes it first and frees the numbers only when it is out.
 */
final class PolledStream implements ByteStream {
    private static final int BUFFER_BYTES = 4096;
    private static final long LONGEST_WAIT_MILLIS = Integer.MAX_VALUE;

    private final SystemCalls calls;
    private final Descriptor descriptor;
    private final Descriptor wakeup;
    private final Direction direction;
    private final ReentrantLock use = new ReentrantLock();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(BUFFER_BYTES);
    private final MemorySegment polled = arena.allocate(2 * Linux.POLLFD_SIZE, 4);
    private final MemorySegment counter = arena.allocate(ValueLayout.JAVA_LONG);
    private final MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_LONG, 1);
    private volatile boolean closed;

    PolledStream(SystemCalls calls, Descriptor descriptor, Direction direction) throws HostException {
        this.calls = calls;
        this.descriptor = descriptor;
        this.direction = direction;
        int flags = Linux.EFD_CLOEXEC | Linux.EFD_NONBLOCK;
        try {
            this.wakeup = Descriptor.of(calls, "eventfd", calls.check(libc -> libc.eventfd(0, flags), "eventfd(0)"));
        } catch (HostException e) {
            descriptor.close();
            arena.close();
            throw e;
        }
        watch(0, descriptor.number(), direction == Direction.INPUT ? Linux.POLLIN : Linux.POLLOUT);
        watch(1, wakeup.number(), Linux.POLLIN);
    }

    @Override
    public int read(byte[] target, int offset, int length, Duration timeout) throws HostException {
        enter(Direction.INPUT);
        try {
            long deadline = deadline(timeout);
            while (await(deadline)) {
                long count = calls.libc().read(descriptor.number(), buffer.address(), Math.min(length, BUFFER_BYTES));
                if (count > 0) {
                    MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, target, offset, (int) count);
                    return (int) count;
                }
                if (count == 0 || isHangUp()) {
                    return END;
                }
                checkRetry();
            }
            return 0;
        } finally {
            use.unlock();
        }
    }

    @Override
    public int write(byte[] source, int offset, int length, Duration timeout) throws HostException {
        enter(Direction.OUTPUT);
        try {
            int chunk = Math.min(length, BUFFER_BYTES);
            MemorySegment.copy(source, offset, buffer, ValueLayout.JAVA_BYTE, 0, chunk);
            long deadline = deadline(timeout);
            while (await(deadline)) {
                long count = calls.libc().write(descriptor.number(), buffer.address(), chunk);
                if (count >= 0) {
                    return (int) count;
                }
                checkRetry();
            }
            return 0;
        } finally {
            use.unlock();
        }
    }

    @Override
    public synchronized void wake() {
        if (!closed) {
            calls.libc().write(wakeup.number(), one.address(), Long.BYTES);
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            wake();
            closed = true;
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

    private void enter(Direction wanted) {
        if (wanted != direction) {
            throw new IllegalStateException(descriptor.name() + " was opened for " + direction + ", not " + wanted);
        }
        use.lock();
        if (closed) {
            use.unlock();
            throw new IllegalStateException(descriptor.name() + " is closed");
        }
    }

    /** Waits until the descriptor is ready; false when woken or when the time is over. */
    private boolean await(long deadline) throws HostException {
        while (true) {
            long left = Math.ceilDiv(deadline - System.nanoTime(), 1_000_000L);
            int millis = (int) Math.clamp(left, 0, LONGEST_WAIT_MILLIS);
            int ready = calls.libc().poll(polled.address(), 2, millis);
            if (ready > 0) {
                if (happened(1)) {
                    calls.libc().read(wakeup.number(), counter.address(), Long.BYTES);
                    return false;
                }
                return true;
            }
            if (ready < 0 && !calls.failedWith(Errno.EINTR)) {
                throw calls.failure("poll(%s)", descriptor.name());
            }
            if (ready == 0 && deadline - System.nanoTime() <= 0) {
                return false;
            }
        }
    }

    /** Someone else who shares the terminal was faster, or a signal came. */
    private void checkRetry() throws HostException {
        if (!calls.failedWith(Errno.EAGAIN) && !calls.failedWith(Errno.EINTR)) {
            throw calls.failure("%s(%s)", direction == Direction.INPUT ? "read" : "write", descriptor.name());
        }
    }

    /** A terminal whose other end is gone answers EIO. */
    private boolean isHangUp() {
        return calls.failedWith(Errno.EIO);
    }

    private static long deadline(Duration timeout) {
        // About 146 years: nanoTime may be compared over half its range only.
        long nanos = timeout.compareTo(Duration.ofNanos(Long.MAX_VALUE / 2)) > 0
                ? Long.MAX_VALUE / 2
                : Math.max(timeout.toNanos(), 0);
        return System.nanoTime() + nanos;
    }

    private void watch(int index, int fd, int events) {
        long base = (long) index * Linux.POLLFD_SIZE;
        polled.set(ValueLayout.JAVA_INT, base, fd);
        polled.set(ValueLayout.JAVA_SHORT, base + Linux.POLLFD_EVENTS, (short) events);
    }

    private boolean happened(int index) {
        return polled.get(ValueLayout.JAVA_SHORT, (long) index * Linux.POLLFD_SIZE + Linux.POLLFD_REVENTS) != 0;
    }
}
