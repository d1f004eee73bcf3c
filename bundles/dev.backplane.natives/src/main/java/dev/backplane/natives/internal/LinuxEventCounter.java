package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.event.EventCounter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicInteger;

/** An eventfd that does not block. Signals take no lock: the number of a closed one goes when the last of them has left. */
final class LinuxEventCounter implements EventCounter {
    private static final int FLAGS = Linux.EFD_CLOEXEC | Linux.EFD_NONBLOCK;
    private static final int CLOSED = 1 << 31;

    private final SystemCalls calls;
    private final Descriptor descriptor;
    private final int number;
    private final MemorySegment one = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_LONG, 1);
    /** Used under the monitor. */
    private final MemorySegment taken = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);
    /** How many threads use the number, and whether it is closed. */
    private final AtomicInteger uses = new AtomicInteger();

    LinuxEventCounter(SystemCalls calls) throws HostException {
        this.calls = calls;
        descriptor = Descriptor.of(calls, "eventfd", calls.check(libc -> libc.eventfd(0, FLAGS), "eventfd(0)"));
        number = descriptor.number();
    }

    private boolean enter() {
        int seen = uses.get();
        while (seen >= 0 && !uses.compareAndSet(seen, seen + 1)) {
            seen = uses.get();
        }
        return seen >= 0;
    }

    private void leave() {
        if (uses.decrementAndGet() == CLOSED) {
            descriptor.close();
        }
    }

    @Override
    public void signal() {
        if (enter()) {
            try {
                calls.libc().write(number, one.address(), Long.BYTES);
            } finally {
                leave();
            }
        }
    }

    @Override
    public long take() {
        if (!enter()) {
            return 0;
        }
        try {
            synchronized (taken) {
                return calls.libc().read(number, taken.address(), Long.BYTES) == Long.BYTES
                        ? taken.get(ValueLayout.JAVA_LONG, 0)
                        : 0;
            }
        } finally {
            leave();
        }
    }

    @Override
    public int descriptor() {
        return descriptor.number();
    }

    @Override
    public void close() {
        if (uses.getAndUpdate(seen -> seen | CLOSED) == 0) {
            descriptor.close();
        }
    }
}
