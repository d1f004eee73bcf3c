package dev.backplane.cpu.kvm.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.kvm.KvmVcpu;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Model-specific registers on their way to or from a vCPU. */
final class MsrBuffer {
    private final MemorySegment elements;
    private int count;

    MsrBuffer(int most) {
        elements = Arena.ofAuto().allocate((long) most * KvmVcpu.MSR_BYTES, 8);
    }

    void add(int number, long value) {
        elements.set(ValueLayout.JAVA_INT, at(count), number);
        elements.set(ValueLayout.JAVA_LONG, at(count) + 8, value);
        count++;
    }

    int count() {
        return count;
    }

    int number(int index) {
        return elements.get(ValueLayout.JAVA_INT, at(index));
    }

    long value(int index) {
        return elements.get(ValueLayout.JAVA_LONG, at(index) + 8);
    }

    /** Reads all. Returns how many the host knew before the first that it does not. */
    int read(KvmVcpu vcpu) throws HostException {
        return vcpu.readMsrs(elements, count);
    }

    /** Writes all. Returns how many the host took before the first that it does not. */
    int write(KvmVcpu vcpu) throws HostException {
        return vcpu.writeMsrs(elements, count);
    }

    /** Reads one. */
    static long read(KvmVcpu vcpu, int number) throws HostException {
        MsrBuffer one = new MsrBuffer(1);
        one.add(number, 0);
        return one.read(vcpu) == 1 ? one.value(0) : 0;
    }

    /** Writes one. Returns whether the host took it. */
    static boolean write(KvmVcpu vcpu, int number, long value) throws HostException {
        MsrBuffer one = new MsrBuffer(1);
        one.add(number, value);
        return one.write(vcpu) == 1;
    }

    private static long at(int index) {
        return (long) index * KvmVcpu.MSR_BYTES;
    }
}
