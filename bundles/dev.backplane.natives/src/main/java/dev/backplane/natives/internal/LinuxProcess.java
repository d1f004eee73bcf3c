package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.process.HostProcess;
import dev.backplane.natives.process.ThreadClock;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;

/** Ids and processor time. */
final class LinuxProcess implements HostProcess {
    private final SystemCalls calls;

    LinuxProcess(SystemCalls calls) {
        this.calls = calls;
    }

    @Override
    public int userId() {
        return calls.libc().getuid();
    }

    @Override
    public int threadId() {
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException("a virtual thread has no thread id of the host: use a platform thread");
        }
        return calls.libc().gettid();
    }

    @Override
    public ThreadClock threadClock() {
        return new CpuClock(calls, threadId());
    }

    @Override
    public BitSet affinity(int threadId) throws HostException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mask = arena.allocate(Linux.CPU_MASK_SIZE, 8);
            calls.check(
                    libc -> libc.sched_getaffinity(threadId, Linux.CPU_MASK_SIZE, mask.address()),
                    "sched_getaffinity(%d)",
                    threadId);
            return BitSet.valueOf(mask.toArray(ValueLayout.JAVA_BYTE));
        }
    }

    @Override
    public void affinity(int threadId, BitSet processors) throws HostException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mask = arena.allocate(Linux.CPU_MASK_SIZE, 8);
            byte[] bits = processors.toByteArray();
            MemorySegment.copy(bits, 0, mask, ValueLayout.JAVA_BYTE, 0, Math.min(bits.length, Linux.CPU_MASK_SIZE));
            calls.check(
                    libc -> libc.sched_setaffinity(threadId, Linux.CPU_MASK_SIZE, mask.address()),
                    "sched_setaffinity(%d, %s)",
                    threadId,
                    processors);
        }
    }

    /** The answer of clock_gettime(2) is read under the monitor. */
    private static final class CpuClock implements ThreadClock {
        private final SystemCalls calls;
        private final int threadId;
        private final MemorySegment timespec = Arena.ofAuto().allocate(Linux.TIMESPEC_SIZE, 8);

        CpuClock(SystemCalls calls, int threadId) {
            this.calls = calls;
            this.threadId = threadId;
        }

        @Override
        public synchronized long nanos() {
            if (calls.libc().clock_gettime(Linux.threadClock(threadId), timespec.address()) != 0) {
                throw new IllegalStateException("thread " + threadId + " has ended: it has no processor time any more");
            }
            return timespec.get(ValueLayout.JAVA_LONG, 0) * 1_000_000_000L
                    + timespec.get(ValueLayout.JAVA_LONG, Linux.TIMESPEC_NANOS);
        }
    }
}
