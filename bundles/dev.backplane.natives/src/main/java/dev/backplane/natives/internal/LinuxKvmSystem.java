package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.kvm.KvmCpuidEntry;
import dev.backplane.natives.kvm.KvmSystem;
import dev.backplane.natives.kvm.KvmVm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** {@code /dev/kvm}, open. */
final class LinuxKvmSystem implements KvmSystem {
    private final SystemCalls calls;
    private final KickSignal signal;
    private final Descriptor descriptor;

    LinuxKvmSystem(SystemCalls calls, KickSignal signal, Descriptor descriptor) {
        this.calls = calls;
        this.signal = signal;
        this.descriptor = descriptor;
    }

    @Override
    public int apiVersion() throws HostException {
        return (int) descriptor.check(
                (libc, fd) -> libc.ioctl(fd, KvmRequests.GET_API_VERSION, 0), "ioctl(%s, KVM_GET_API_VERSION)");
    }

    @Override
    public int capability(int number) throws HostException {
        return (int) descriptor.check(
                (libc, fd) -> libc.ioctl(fd, KvmRequests.CHECK_EXTENSION, number),
                "ioctl(%s, KVM_CHECK_EXTENSION, %d)",
                number);
    }

    @Override
    public List<KvmCpuidEntry> supportedCpuid() throws HostException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment list = CpuidList.empty(arena);
            descriptor.check(
                    (libc, fd) -> libc.ioctl(fd, KvmRequests.GET_SUPPORTED_CPUID, list.address()),
                    "ioctl(%s, KVM_GET_SUPPORTED_CPUID)");
            return CpuidList.read(list);
        }
    }

    @Override
    public KvmVm createVm() throws HostException {
        signal.install();
        int area = (int) descriptor.check(
                (libc, fd) -> libc.ioctl(fd, KvmRequests.GET_VCPU_MMAP_SIZE, 0), "ioctl(%s, KVM_GET_VCPU_MMAP_SIZE)");
        long vm = descriptor.check((libc, fd) -> libc.ioctl(fd, KvmRequests.CREATE_VM, 0), "ioctl(%s, KVM_CREATE_VM)");
        return new LinuxKvmVm(calls, signal, area, Descriptor.of(calls, "kvm-vm", vm));
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
