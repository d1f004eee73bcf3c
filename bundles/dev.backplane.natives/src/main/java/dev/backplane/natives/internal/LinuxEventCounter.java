package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.event.EventCounter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** An eventfd that does not block. Its number and its buffer are used under the monitor. */
final class LinuxEventCounter implements EventCounter {
    private static final int FLAGS = Linux.EFD_CLOEXEC | Linux.EFD_NONBLOCK;

    private final SystemCalls calls;
    private final Descriptor descriptor;
    private final MemorySegment value = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);
    private boolean closed;

    LinuxEventCounter(SystemCalls calls) throws HostException {
        this.calls = calls;
        descriptor = Descriptor.of(calls, "eventfd", calls.check(libc -> libc.eventfd(0, FLAGS), "eventfd(0)"));
    }

    @Override
    public synchronized void signal() {
        if (!closed) {
            value.set(ValueLayout.JAVA_LONG, 0, 1);
            calls.libc().write(descriptor.number(), value.address(), Long.BYTES);
        }
    }

    @Override
    public synchronized long take() {
        if (closed || calls.libc().read(descriptor.number(), value.address(), Long.BYTES) != Long.BYTES) {
            return 0;
        }
        return value.get(ValueLayout.JAVA_LONG, 0);
    }

    @Override
    public int descriptor() {
        return descriptor.number();
    }

    @Override
    public synchronized void close() {
        closed = true;
        descriptor.close();
    }
}
