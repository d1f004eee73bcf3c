package dev.backplane.testkit.guest;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/** Guest memory as a device's thread sees it: words of 32 bits, with the order that is asked for. */
final class DeviceMemory {
    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
    private static final int TOGETHER = 32;

    private final SmpBench.Bus bus;
    private final MemorySegment ram;

    DeviceMemory(SmpBench.Bus bus) {
        this.bus = bus;
        ram = bus.ram();
    }

    int plain(long address) {
        return (int) INT.get(ram, address);
    }

    void plain(long address, int value) {
        INT.set(ram, address, value);
    }

    int acquire(long address) {
        return (int) INT.getAcquire(ram, address);
    }

    void release(long address, int value) {
        INT.setRelease(ram, address, value);
    }

    int volatileLoad(long address) {
        return (int) INT.getVolatile(ram, address);
    }

    void volatileStore(long address, int value) {
        INT.setVolatile(ram, address, value);
    }

    /** Every 32 rounds waits for one other party at a counter. False when the guest has ended. */
    boolean meet(long address, int round) {
        if (round % TOGETHER == 0) {
            int all = (round / TOGETHER + 1) * 2;
            INT.getAndAdd(ram, address, 1);
            while ((int) INT.getVolatile(ram, address) < all && !bus.over()) {
                Thread.onSpinWait();
            }
        }
        return !bus.over();
    }

    /** Waits until a word is at least a value. False when the guest has ended. */
    boolean await(long address, int value) {
        while ((int) INT.getVolatile(ram, address) < value && !bus.over()) {
            Thread.onSpinWait();
        }
        return !bus.over();
    }

    /** One more has come to its end. */
    void done(long address) {
        INT.getAndAdd(ram, address, 1);
    }
}
