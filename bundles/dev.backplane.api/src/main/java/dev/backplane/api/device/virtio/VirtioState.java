package dev.backplane.api.device.virtio;

import java.util.List;
import java.util.Optional;

/**
 * What a driver has set up, and how far its queues have got: a component of the state records of virtio devices. When it is saved all
 * chains are complete, but for those that were put back.
 *
 * @param status the device status (2.1)
 * @param driverFeatures what the driver has accepted
 * @param deviceFeatureSelect which half of the device's features is read
 * @param driverFeatureSelect which half of the driver's features is written
 * @param configurationGeneration counts changes of the configuration
 * @param configurationVector the message of changes, 0xffff for none
 * @param queueSelect the queue whose registers are accessed
 * @param interruptStatus what a read of ISR would give
 * @param queues the queues
 */
public record VirtioState(
        int status,
        long driverFeatures,
        int deviceFeatureSelect,
        int driverFeatureSelect,
        int configurationGeneration,
        int configurationVector,
        int queueSelect,
        int interruptStatus,
        List<Queue> queues) {
    /** Copies the list. */
    public VirtioState {
        queues = List.copyOf(queues);
    }

    /**
     * One queue.
     *
     * @param size its size as the driver has set it
     * @param enabled whether the driver has enabled it
     * @param vector its message, 0xffff for none
     * @param descriptors the guest-physical address of its descriptors
     * @param driver of the driver's area: the available ring, or driver events
     * @param device of the device's area: the used ring, or device events
     * @param nextAvailable the index of the next chain to take; in a packed ring with its wrap counter in bit 15
     * @param nextUsed the index of the next chain to give back; in a packed ring with its wrap counter in bit 15
     * @param signalled the used index of the last interrupt
     * @param broken whether its driver has broken it
     * @param unfinished what was taken and put back, in the order in which it was taken; absent when nothing was
     */
    public record Queue(
            int size,
            boolean enabled,
            int vector,
            long descriptors,
            long driver,
            long device,
            int nextAvailable,
            int nextUsed,
            int signalled,
            boolean broken,
            Optional<List<Unfinished>> unfinished) {
        /** Copies the list. */
        public Queue {
            unfinished = unfinished.map(List::copyOf);
        }
    }

    /**
     * A chain that was taken and put back. Where it stood the driver may have written others meanwhile.
     *
     * @param id the number by which it goes back to the driver
     * @param descriptors how many descriptors of the ring it takes
     * @param pieces its buffers, those to read first
     */
    public record Unfinished(int id, int descriptors, List<Piece> pieces) {
        /** Copies the list. */
        public Unfinished {
            pieces = List.copyOf(pieces);
        }
    }

    /**
     * One buffer of a chain.
     *
     * @param address guest-physical
     * @param bytes how long it is
     * @param writable whether the device writes it
     */
    public record Piece(long address, long bytes, boolean writable) {}
}
