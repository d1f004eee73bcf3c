package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.kvm.KvmBlock;
import dev.backplane.natives.kvm.KvmCpuidEntry;
import dev.backplane.natives.kvm.KvmVcpu;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A vCPU's descriptor and its mapped area.
 *
 * <p>A kick sets the area's immediate_exit, which ends a KVM_RUN that is about to begin, and signals the thread, which ends
 * one that has begun. Real-time signals queue, so that a second one is sent only after the first has been seen. Who closes
 * while the thread is inside leaves the closing to that thread: a descriptor's number must not become another file's under it.
 */
final class LinuxKvmVcpu implements KvmVcpu {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final VarHandle BYTE = ValueLayout.JAVA_BYTE.varHandle();
    /** KVM_VCPU_TSC_CTRL and its only attribute. */
    private static final int TSC_CONTROL = 0;

    private static final int OUTSIDE = 0;

    private final SystemCalls calls;
    private final KickSignal signal;
    private final Descriptor descriptor;
    private final int fd;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment area;
    private final AtomicBoolean signalled = new AtomicBoolean();
    private final AtomicBoolean released = new AtomicBoolean();

    /** The thread that is inside, by the host's number. */
    private volatile int threadId = OUTSIDE;

    private volatile boolean closed;
    private long lastThread = -1;
    private int lastThreadId;

    @SuppressWarnings("restricted") // the address and the length are what mmap gave
    private LinuxKvmVcpu(SystemCalls calls, KickSignal signal, Descriptor descriptor, long address, int areaBytes) {
        this.calls = calls;
        this.signal = signal;
        this.descriptor = descriptor;
        fd = descriptor.number();
        area = MemorySegment.ofAddress(address)
                .reinterpret(areaBytes, arena, mapped -> calls.libc().munmap(mapped.address(), areaBytes));
    }

    static LinuxKvmVcpu over(SystemCalls calls, KickSignal signal, Descriptor descriptor, int areaBytes)
            throws HostException {
        try {
            long address = descriptor.check(
                    (libc, fd) -> libc.mmap(0, areaBytes, Linux.PROT_READ | Linux.PROT_WRITE, Linux.MAP_SHARED, fd, 0),
                    "mmap(%s)");
            return new LinuxKvmVcpu(calls, signal, descriptor, address, areaBytes);
        } catch (HostException e) {
            descriptor.close();
            throw e;
        }
    }

    @Override
    public MemorySegment area() {
        return area;
    }

    @Override
    public boolean run() throws HostException {
        threadId = currentThreadId();
        boolean exited;
        int errno = 0;
        try {
            if (closed) {
                throw new IllegalStateException(descriptor.name() + " is closed");
            }
            exited = calls.libc().ioctl(fd, KvmRequests.RUN, 0) == 0;
            if (!exited) {
                errno = calls.errno();
            }
        } finally {
            threadId = OUTSIDE;
            if (closed) {
                release();
            }
        }
        if (exited) {
            return true;
        }
        // EAGAIN: a vCPU that waits for its start-up message was signalled.
        if (!Errno.EINTR.is(errno) && !Errno.EAGAIN.is(errno)) {
            throw calls.failure(errno, "ioctl(%s, KVM_RUN)", descriptor.name());
        }
        signalled.set(false);
        BYTE.setVolatile(area, (long) KvmRequests.RUN_IMMEDIATE_EXIT, (byte) 0);
        return false;
    }

    private int currentThreadId() {
        Thread current = Thread.currentThread();
        if (current.threadId() != lastThread) {
            if (current.isVirtual()) {
                throw new IllegalStateException("a virtual thread cannot be signalled: use a platform thread");
            }
            lastThreadId = calls.libc().gettid();
            lastThread = current.threadId();
        }
        return lastThreadId;
    }

    @Override
    public void kick() {
        if (closed) {
            return;
        }
        try {
            BYTE.setVolatile(area, (long) KvmRequests.RUN_IMMEDIATE_EXIT, (byte) 1);
        } catch (IllegalStateException e) {
            // Closed meanwhile.
            return;
        }
        int inside = threadId;
        if (inside != OUTSIDE && signalled.compareAndSet(false, true)) {
            signal.send(inside);
        }
    }

    private long call(long request, long argument, String name) throws HostException {
        return descriptor.check((libc, number) -> libc.ioctl(number, request, argument), "ioctl(%s, " + name + ")");
    }

    @Override
    public void read(KvmBlock block, MemorySegment target) throws HostException {
        Segments.requireNative(target, block.sizeBytes());
        call(KvmRequests.read(block), target.address(), "KVM_GET_" + block);
    }

    @Override
    public void write(KvmBlock block, MemorySegment source) throws HostException {
        Segments.requireNative(source, block.sizeBytes());
        call(KvmRequests.write(block), source.address(), "KVM_SET_" + block);
    }

    @Override
    public void setCpuid(List<KvmCpuidEntry> entries) throws HostException {
        try (Arena own = Arena.ofConfined()) {
            call(KvmRequests.SET_CPUID2, CpuidList.of(own, entries).address(), "KVM_SET_CPUID2");
        }
    }

    @Override
    public int readMsrs(MemorySegment msrs, int count) throws HostException {
        return msrs(KvmRequests.GET_MSRS, msrs, count, "KVM_GET_MSRS");
    }

    @Override
    public int writeMsrs(MemorySegment msrs, int count) throws HostException {
        return msrs(KvmRequests.SET_MSRS, msrs, count, "KVM_SET_MSRS");
    }

    private int msrs(long request, MemorySegment msrs, int count, String name) throws HostException {
        long bytes = (long) count * MSR_BYTES;
        Segments.requireNative(msrs, bytes);
        try (Arena own = Arena.ofConfined()) {
            MemorySegment list = own.allocate(KvmRequests.MSRS_HEADER + bytes, 8);
            list.set(INT, 0, count);
            MemorySegment.copy(msrs, 0, list, KvmRequests.MSRS_HEADER, bytes);
            int done = (int) call(request, list.address(), name);
            MemorySegment.copy(list, KvmRequests.MSRS_HEADER, msrs, 0, bytes);
            return done;
        }
    }

    @Override
    public long translate(long linear) throws HostException {
        try (Arena own = Arena.ofConfined()) {
            MemorySegment translation = own.allocate(KvmRequests.TRANSLATION_SIZE, 8);
            translation.set(LONG, 0, linear);
            call(KvmRequests.TRANSLATE, translation.address(), "KVM_TRANSLATE");
            return translation.get(ValueLayout.JAVA_BYTE, 16) != 0 ? translation.get(LONG, 8) : -1;
        }
    }

    @Override
    public void interrupt(int vector) throws HostException {
        try (Arena own = Arena.ofConfined()) {
            call(
                    KvmRequests.INTERRUPT,
                    own.allocateFrom(INT, vector).address(),
                    "KVM_INTERRUPT, vector %d".formatted(vector));
        }
    }

    @Override
    public int tscKhz() throws HostException {
        return (int) call(KvmRequests.GET_TSC_KHZ, 0, "KVM_GET_TSC_KHZ");
    }

    @Override
    public boolean setTscKhz(int khz) throws HostException {
        int before = tscKhz();
        try {
            call(KvmRequests.SET_TSC_KHZ, khz, "KVM_SET_TSC_KHZ, %d".formatted(khz));
            return true;
        } catch (HostException e) {
            // KVM has noted the frequency for its clock all the same.
            call(KvmRequests.SET_TSC_KHZ, before, "KVM_SET_TSC_KHZ, %d".formatted(before));
            return false;
        }
    }

    @Override
    public boolean hasTscOffset() {
        try {
            attribute(KvmRequests.HAS_DEVICE_ATTR, 0);
            return true;
        } catch (HostException e) {
            return false;
        }
    }

    @Override
    public long tscOffset() throws HostException {
        return attribute(KvmRequests.GET_DEVICE_ATTR, 0);
    }

    @Override
    public void setTscOffset(long offset) throws HostException {
        attribute(KvmRequests.SET_DEVICE_ATTR, offset);
    }

    private long attribute(long request, long value) throws HostException {
        try (Arena own = Arena.ofConfined()) {
            MemorySegment held = own.allocateFrom(LONG, value);
            MemorySegment attribute = own.allocate(KvmRequests.DEVICE_ATTR_SIZE, 8);
            attribute.set(INT, 4, TSC_CONTROL);
            attribute.set(LONG, 16, held.address());
            call(request, attribute.address(), "KVM_VCPU_TSC_OFFSET");
            return held.get(LONG, 0);
        }
    }

    @Override
    public boolean markClockStopped() throws HostException {
        try {
            call(KvmRequests.KVMCLOCK_CTRL, 0, "KVM_KVMCLOCK_CTRL");
            return true;
        } catch (HostException e) {
            if (e.errno().equals("EINVAL")) {
                return false;
            }
            throw e;
        }
    }

    @Override
    public void close() {
        closed = true;
        int inside = threadId;
        if (inside == OUTSIDE) {
            release();
            return;
        }
        try {
            BYTE.setVolatile(area, (long) KvmRequests.RUN_IMMEDIATE_EXIT, (byte) 1);
            signal.send(inside);
        } catch (IllegalStateException e) {
            // The thread was faster.
        }
    }

    private void release() {
        if (released.compareAndSet(false, true)) {
            descriptor.close();
            arena.close();
        }
    }
}
