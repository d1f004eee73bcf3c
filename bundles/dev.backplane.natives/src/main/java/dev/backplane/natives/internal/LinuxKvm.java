package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.kvm.HostKvm;
import dev.backplane.natives.kvm.KvmSystem;

/** Opens {@code /dev/kvm}. */
final class LinuxKvm implements HostKvm {
    private final SystemCalls calls;
    private final KickSignal signal;

    LinuxKvm(SystemCalls calls) {
        this.calls = calls;
        this.signal = new KickSignal(calls);
    }

    @Override
    public KvmSystem open() throws HostException {
        return new LinuxKvmSystem(calls, signal, Descriptor.open(calls, "/dev/kvm", Linux.O_RDWR));
    }
}
