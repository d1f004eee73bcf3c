package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.network.Tap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A tap over its descriptor, which does not block, beside an event counter. Whoever uses the numbers holds the lock for reading; whoever closes
 * takes it for writing, after it has woken the thread that waits.
 */
final class LinuxTap implements Tap {
    private static final long TUNSETOFFLOAD = 0x4004_54d0L;
    private static final int TUN_F_CSUM = 1;
    private static final int TUN_F_TSO4 = 2;
    private static final int TUN_F_TSO6 = 4;
    private static final int TUN_F_TSO_ECN = 8;

    private final SystemCalls calls;
    private final Descriptor descriptor;
    private final Descriptor wakeup;
    private final String name;
    private final ReadWriteLock use = new ReentrantReadWriteLock();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment polled = arena.allocate(2 * Linux.POLLFD_SIZE, 4);
    private final MemorySegment counter = arena.allocate(ValueLayout.JAVA_LONG);
    private final MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_LONG, 1);
    private volatile boolean closed;

    LinuxTap(SystemCalls calls, Descriptor descriptor, String name) throws HostException {
        this.calls = calls;
        this.descriptor = descriptor;
        this.name = name;
        int flags = Linux.EFD_CLOEXEC | Linux.EFD_NONBLOCK;
        wakeup = Descriptor.of(calls, "eventfd", calls.check(libc -> libc.eventfd(0, flags), "eventfd(0)"));
        watch(0, descriptor.number());
        watch(1, wakeup.number());
    }

    private void watch(int index, int fd) {
        long base = (long) index * Linux.POLLFD_SIZE;
        polled.set(ValueLayout.JAVA_INT, base, fd);
        polled.set(ValueLayout.JAVA_SHORT, base + Linux.POLLFD_EVENTS, (short) Linux.POLLIN);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void setOffloads(boolean checksum, boolean tcp4, boolean tcp6, boolean congestion) throws HostException {
        int flags = (checksum ? TUN_F_CSUM : 0)
                | (tcp4 ? TUN_F_TSO4 : 0)
                | (tcp6 ? TUN_F_TSO6 : 0)
                | (congestion ? TUN_F_TSO_ECN : 0);
        enter();
        try {
            descriptor.check((libc, fd) -> libc.ioctl(fd, TUNSETOFFLOAD, flags), "ioctl(%s, TUNSETOFFLOAD)");
        } finally {
            use.readLock().unlock();
        }
    }

    private void enter() {
        use.readLock().lock();
        if (closed) {
            use.readLock().unlock();
            throw new IllegalStateException(name + " is closed");
        }
    }

    @Override
    public int read(MemorySegment target) throws HostException {
        checkNative(target);
        enter();
        try {
            long count = calls.libc().read(descriptor.number(), target.address(), target.byteSize());
            if (count < 0) {
                retry("read");
                return 0;
            }
            return (int) count;
        } finally {
            use.readLock().unlock();
        }
    }

    @Override
    public boolean write(MemorySegment source) throws HostException {
        checkNative(source);
        enter();
        try {
            long count = calls.libc().write(descriptor.number(), source.address(), source.byteSize());
            if (count < 0) {
                retry("write");
            }
            return count >= 0;
        } finally {
            use.readLock().unlock();
        }
    }

    private static void checkNative(MemorySegment memory) {
        if (!memory.isNative()) {
            throw new IllegalArgumentException("memory of Java: the kernel cannot be given its address");
        }
    }

    private void retry(String call) throws HostException {
        if (!calls.failedWith(Errno.EAGAIN) && !calls.failedWith(Errno.EINTR)) {
            throw calls.failure("%s(%s)", call, name);
        }
    }

    @Override
    public boolean await(Duration timeout) throws HostException {
        enter();
        try {
            int millis = Math.clamp(Math.ceilDiv(timeout.toNanos(), 1_000_000L), 0, Integer.MAX_VALUE);
            int ready = calls.libc().poll(polled.address(), 2, millis);
            if (ready < 0 && !calls.failedWith(Errno.EINTR)) {
                throw calls.failure("poll(%s)", name);
            }
            boolean woken = ready > 0 && happened(1);
            if (woken) {
                calls.libc().read(wakeup.number(), counter.address(), Long.BYTES);
            }
            return !woken && ready > 0 && happened(0);
        } finally {
            use.readLock().unlock();
        }
    }

    private boolean happened(int index) {
        return polled.get(ValueLayout.JAVA_SHORT, (long) index * Linux.POLLFD_SIZE + Linux.POLLFD_REVENTS) != 0;
    }

    @Override
    public void wake() {
        use.readLock().lock();
        try {
            if (!closed) {
                calls.libc().write(wakeup.number(), one.address(), Long.BYTES);
            }
        } finally {
            use.readLock().unlock();
        }
    }

    @Override
    public void close() {
        wake();
        use.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                descriptor.close();
                wakeup.close();
                arena.close();
            }
        } finally {
            use.writeLock().unlock();
        }
    }
}
