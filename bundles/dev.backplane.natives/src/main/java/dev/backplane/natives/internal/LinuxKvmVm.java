package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.event.EventCounter;
import dev.backplane.natives.kvm.KvmDoorbell;
import dev.backplane.natives.kvm.KvmRoute;
import dev.backplane.natives.kvm.KvmVcpu;
import dev.backplane.natives.kvm.KvmVm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** A machine's descriptor. Each call fills a structure of its own, but for messages, which share one under the monitor. */
final class LinuxKvmVm implements KvmVm {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private final SystemCalls calls;
    private final KickSignal signal;
    private final int areaBytes;
    private final Descriptor descriptor;
    private final MemorySegment message = Arena.ofAuto().allocate(KvmRequests.MSI_SIZE, 8);

    LinuxKvmVm(SystemCalls calls, KickSignal signal, int areaBytes, Descriptor descriptor) {
        this.calls = calls;
        this.signal = signal;
        this.areaBytes = areaBytes;
        this.descriptor = descriptor;
    }

    private long call(long request, long argument, String name) throws HostException {
        return descriptor.check((libc, fd) -> libc.ioctl(fd, request, argument), "ioctl(%s, " + name + ")");
    }

    @Override
    public void enable(int capability, long argument) throws HostException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment cap = arena.allocate(KvmRequests.ENABLE_CAP_SIZE, 8);
            cap.set(INT, 0, capability);
            cap.set(LONG, 8, argument);
            call(KvmRequests.ENABLE_CAP, cap.address(), "KVM_ENABLE_CAP, %d".formatted(capability));
        }
    }

    @Override
    public void setTssAddress(long gpa) throws HostException {
        call(KvmRequests.SET_TSS_ADDR, gpa, "KVM_SET_TSS_ADDR");
    }

    @Override
    public void setIdentityMapAddress(long gpa) throws HostException {
        try (Arena arena = Arena.ofConfined()) {
            call(
                    KvmRequests.SET_IDENTITY_MAP_ADDR,
                    arena.allocateFrom(LONG, gpa).address(),
                    "KVM_SET_IDENTITY_MAP_ADDR");
        }
    }

    @Override
    public void setMemory(int slot, long gpa, MemorySegment memory, boolean logWrites) throws HostException {
        Segments.requireNative(memory, memory.byteSize());
        setMemory(slot, gpa, memory.address(), memory.byteSize(), logWrites);
    }

    @Override
    public void removeMemory(int slot) throws HostException {
        setMemory(slot, 0, 0, 0, false);
    }

    private void setMemory(int slot, long gpa, long address, long bytes, boolean logWrites) throws HostException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment region = arena.allocate(KvmRequests.MEMORY_REGION_SIZE, 8);
            region.set(INT, 0, slot);
            region.set(INT, 4, logWrites ? KvmRequests.MEMORY_LOG_DIRTY_PAGES : 0);
            region.set(LONG, 8, gpa);
            region.set(LONG, 16, bytes);
            region.set(LONG, 24, address);
            call(
                    KvmRequests.SET_USER_MEMORY_REGION,
                    region.address(),
                    "KVM_SET_USER_MEMORY_REGION, slot %d at 0x%x, %d bytes".formatted(slot, gpa, bytes));
        }
    }

    @Override
    public void writtenPages(int slot, MemorySegment bitmap) throws HostException {
        Segments.requireNative(bitmap, Long.BYTES);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment log = arena.allocate(KvmRequests.DIRTY_LOG_SIZE, 8);
            log.set(INT, 0, slot);
            log.set(LONG, 8, bitmap.address());
            call(KvmRequests.GET_DIRTY_LOG, log.address(), "KVM_GET_DIRTY_LOG, slot %d".formatted(slot));
        }
    }

    @Override
    public void setRoutes(List<KvmRoute> routes) throws HostException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment table =
                    arena.allocate(KvmRequests.ROUTING_HEADER + (long) routes.size() * KvmRequests.ROUTING_ENTRY, 8);
            table.set(INT, 0, routes.size());
            for (int i = 0; i < routes.size(); i++) {
                long at = KvmRequests.ROUTING_HEADER + (long) i * KvmRequests.ROUTING_ENTRY;
                table.set(INT, at, routes.get(i).number());
                table.set(INT, at + 4, KvmRequests.ROUTING_MSI);
                table.set(ValueLayout.JAVA_LONG, at + 16, routes.get(i).address());
                table.set(INT, at + 24, routes.get(i).data());
            }
            call(
                    KvmRequests.SET_GSI_ROUTING,
                    table.address(),
                    "KVM_SET_GSI_ROUTING, %d routes".formatted(routes.size()));
        }
    }

    @Override
    public boolean signalMessage(long address, int data) throws HostException {
        synchronized (message) {
            message.set(LONG, 0, address);
            message.set(INT, 8, data);
            int taken = calls.libc().ioctl(descriptor.number(), KvmRequests.SIGNAL_MSI, message.address());
            if (taken < 0) {
                throw calls.failure("ioctl(kvm-vm, KVM_SIGNAL_MSI, address 0x%x, data 0x%x)", address, data);
            }
            return taken > 0;
        }
    }

    @Override
    public void connectInterrupt(EventCounter counter, int number) throws HostException {
        irqfd(counter, number, 0);
    }

    @Override
    public void disconnectInterrupt(EventCounter counter, int number) throws HostException {
        irqfd(counter, number, KvmRequests.IRQFD_DEASSIGN);
    }

    private void irqfd(EventCounter counter, int number, int flags) throws HostException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment irqfd = arena.allocate(KvmRequests.IRQFD_SIZE, 8);
            irqfd.set(INT, 0, counter.descriptor());
            irqfd.set(INT, 4, number);
            irqfd.set(INT, 8, flags);
            call(KvmRequests.IRQFD, irqfd.address(), "KVM_IRQFD, interrupt %d".formatted(number));
        }
    }

    @Override
    public void connectDoorbell(EventCounter counter, KvmDoorbell doorbell) throws HostException {
        ioeventfd(counter, doorbell, 0);
    }

    @Override
    public void disconnectDoorbell(EventCounter counter, KvmDoorbell doorbell) throws HostException {
        ioeventfd(counter, doorbell, KvmRequests.IOEVENTFD_DEASSIGN);
    }

    private void ioeventfd(EventCounter counter, KvmDoorbell doorbell, int flags) throws HostException {
        int all = flags
                | (doorbell.port() ? KvmRequests.IOEVENTFD_PORT : 0)
                | (doorbell.value().isPresent() ? KvmRequests.IOEVENTFD_DATAMATCH : 0);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ioeventfd = arena.allocate(KvmRequests.IOEVENTFD_SIZE, 8);
            ioeventfd.set(LONG, 0, doorbell.value().orElse(0));
            ioeventfd.set(LONG, 8, doorbell.address());
            ioeventfd.set(INT, 16, doorbell.sizeBytes());
            ioeventfd.set(INT, 20, counter.descriptor());
            ioeventfd.set(INT, 24, all);
            call(KvmRequests.IOEVENTFD, ioeventfd.address(), "KVM_IOEVENTFD, %s".formatted(doorbell));
        }
    }

    @Override
    public long clockNanos() throws HostException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment clock = arena.allocate(KvmRequests.CLOCK_SIZE, 8);
            call(KvmRequests.GET_CLOCK, clock.address(), "KVM_GET_CLOCK");
            return clock.get(LONG, 0);
        }
    }

    @Override
    public void setClockNanos(long nanos) throws HostException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment clock = arena.allocate(KvmRequests.CLOCK_SIZE, 8);
            clock.set(LONG, 0, nanos);
            call(KvmRequests.SET_CLOCK, clock.address(), "KVM_SET_CLOCK, %d ns".formatted(nanos));
        }
    }

    @Override
    public KvmVcpu createVcpu(int id) throws HostException {
        long fd = call(KvmRequests.CREATE_VCPU, id, "KVM_CREATE_VCPU, %d".formatted(id));
        return LinuxKvmVcpu.over(calls, signal, Descriptor.of(calls, "kvm-vcpu" + id, fd), areaBytes);
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
