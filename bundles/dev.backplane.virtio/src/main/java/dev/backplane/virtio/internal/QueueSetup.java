package dev.backplane.virtio.internal;

import dev.backplane.api.device.virtio.VirtioState;
import dev.backplane.api.state.StateException;
import java.util.List;
import java.util.Optional;

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
    /** Indexes, or positions in a packed ring. */
    int nextAvailable;

    int nextUsed;
    int signalled;
    boolean broken;
    /** What was taken and put back, in this order. */
    List<VirtioState.Unfinished> unfinished = List.of();
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
        unfinished = List.of();
        resetting = false;
    }

    /** Takes a size that a queue of this kind can have (4.1.4.3.2); others leave it as it was. */
    void resize(int next, boolean packed) {
        if (next >= 1 && next <= largest && (packed || Integer.bitCount(next) == 1)) {
            size = next;
        }
    }

    void enable(boolean packed) {
        enabled = true;
        nextAvailable = packed ? PackedQueue.WRAP : 0;
        nextUsed = nextAvailable;
    }

    VirtioState.Queue save() {
        return new VirtioState.Queue(
                size,
                enabled,
                vector,
                descriptors,
                driver,
                device,
                nextAvailable,
                nextUsed,
                signalled,
                broken,
                unfinished.isEmpty() ? Optional.empty() : Optional.of(unfinished));
    }

    void restore(VirtioState.Queue state, boolean packed) throws StateException {
        size = largest;
        resize(state.size(), packed);
        enabled = state.enabled();
        vector = state.vector();
        descriptors = state.descriptors();
        driver = state.driver();
        device = state.device();
        nextAvailable = index(state.nextAvailable(), packed);
        nextUsed = index(state.nextUsed(), packed);
        signalled = state.signalled() & 0xffff;
        broken = state.broken();
        unfinished = state.unfinished().orElse(List.of());
        resetting = false;
    }

    private int index(int saved, boolean packed) throws StateException {
        int index = saved & 0xffff;
        if (enabled && packed && (index & ~PackedQueue.WRAP) >= size) {
            throw new StateException("descriptor %d of a packed ring of %d".formatted(index & ~PackedQueue.WRAP, size));
        }
        return index;
    }
}
