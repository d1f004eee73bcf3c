package dev.backplane.virtio.internal;

import dev.backplane.api.device.virtio.DescriptorChain;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A queue that the driver has not enabled, or has broken. */
final class EmptyQueue implements RingQueue {
    static final EmptyQueue INSTANCE = new EmptyQueue();

    private EmptyQueue() {}

    @Override
    public @Nullable DescriptorChain next() {
        return null;
    }

    @Override
    public void complete(DescriptorChain chain, long written) {
        throw new IllegalStateException("this queue has given no chain");
    }

    @Override
    public void complete(List<DescriptorChain> chains, long written) {
        throw new IllegalStateException("this queue has given no chain");
    }

    @Override
    public void putBack(DescriptorChain chain) {
        throw new IllegalStateException("this queue has given no chain");
    }

    @Override
    public void rest(boolean rests) {
        // It gives none anyway.
    }

    @Override
    public void count(String prefix, Map<String, Long> into) {
        // It has nothing.
    }

    @Override
    public void end(QueueSetup setup) {
        // Nothing has happened.
    }
}
