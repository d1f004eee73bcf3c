package dev.backplane.api.device.virtio;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The device's side of one queue, whatever its format (2.7, 2.8). A driver that breaks the rules breaks the queue: it is empty from then
 * on, the guest is told by NEEDS_RESET (2.1.1), and the log says what was wrong. Allocates nothing in the steady state.
 */
@ProviderType
public interface Virtqueue {
    /**
     * Takes the next buffers that the driver has made available. Called by one thread at a time. When it returns nothing, the driver
     * has been asked for a notification, and {@link VirtioDevice#process} will be called when there is more.
     *
     * @return a chain, to be given back by {@link #complete}; null when there is none
     */
    @Nullable
    DescriptorChain next();

    /**
     * Gives buffers back, and interrupts the guest if its driver wants that. Callable on any thread, in any order of the chains.
     *
     * @param chain as taken; not to be used any more
     * @param written how many bytes were written into its writable part, from its begin on (2.7.8)
     */
    void complete(DescriptorChain chain, long written);

    /**
     * Gives several back at the same moment: the driver sees all of them or none, as it has to where one thing fills more than one buffer
     * (5.1.6.4.1). Callable on any thread.
     *
     * @param chains as taken, in the order of their contents, at least one; not to be used any more
     * @param written how many bytes were written: each chain's writable part was filled before the next one's
     */
    void complete(List<DescriptorChain> chains, long written);

    /**
     * Puts a chain back as if it had not been taken: for a device that comes to rest while what it needs is away. Nothing has been
     * written into it that would be wrong if it were written again. {@link #next} returns it once more, before others, when the device
     * or its successor is active again; a driver's reset forgets it. Callable on any thread.
     *
     * @param chain as taken; not to be used any more
     */
    void putBack(DescriptorChain chain);
}
