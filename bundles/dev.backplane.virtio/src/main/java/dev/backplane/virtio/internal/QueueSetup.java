package dev.backplane.virtio.internal;

import dev.backplane.api.device.virtio.VirtioState;

/** What the driver has said of one queue, and how far it has got while it is not active. The transport's monitor guards it. */
final class QueueSetup {
    static final int NO_VECTOR = 0xffff;

    private final int largest;
    int size;
    boolean enabled;
    /** Read by completions without the monitor. */
    volatile int vector = NO_VECTOR;

    long descriptors;
    long driver;
    long device;
    int nextAvailable;
    int nextUsed;
    int signalled;
    boolean broken;
    /** The driver has asked for its reset, which is not over. */
    boolean resetting;

    QueueSetup(int largest) {
        this.largest = largest;
        reset();
    }

    void reset() {
        size = largest;
        enabled = false;
        vector = NO_VECTOR;
        descriptors = 0;
        driver = 0;
        device = 0;
        nextAvailable = 0;
        nextUsed = 0;
        signalled = 0;
        broken = false;
        resetting = false;
    }

    /** Takes a size that a queue of this kind can have; others leave it as it was. */
    void resize(int next) {
        if (next >= 1 && next <= largest && Integer.bitCount(next) == 1) {
            size = next;
        }
    }

    VirtioState.Queue save() {
        return new VirtioState.Queue(
                size, enabled, vector, descriptors, driver, device, nextAvailable, nextUsed, signalled, broken);
    }

    void restore(VirtioState.Queue state) {
        size = largest;
        resize(state.size());
        enabled = state.enabled();
        vector = state.vector();
        descriptors = state.descriptors();
        driver = state.driver();
        device = state.device();
        nextAvailable = state.nextAvailable() & 0xffff;
        nextUsed = state.nextUsed() & 0xffff;
        signalled = state.signalled() & 0xffff;
        broken = state.broken();
        resetting = false;
    }
}
