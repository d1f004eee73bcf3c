package dev.backplane.device.nvme.internal;

import dev.backplane.api.state.StateVersion;
import java.util.List;

/**
 * Where driver and controller have got to. All commands are answered but those that wait for an event.
 *
 * @param capacityBlocks the capacity that the guest knows, in logical blocks
 * @param cc controller configuration
 * @param csts controller status
 * @param interruptMask what INTMS and INTMC show
 * @param aqa admin queue attributes
 * @param asq where the admin submission queue is
 * @param acq where the admin completion queue is
 * @param submissions the submission queues, the admin queue among them
 * @param completions the completion queues, the admin queue among them
 * @param features the features' values, in an order of their own
 * @param events the asynchronous events
 * @param counters what the health log counts, in its order
 */
@StateVersion(
        schema = "nvme",
        writes = 1,
        reads = {1})
public record NvmeState(
        long capacityBlocks,
        int cc,
        int csts,
        int interruptMask,
        int aqa,
        long asq,
        long acq,
        List<Submission> submissions,
        List<Completion> completions,
        long[] features,
        Events events,
        long[] counters) {
    /**
     * A submission queue.
     *
     * @param id its identifier
     * @param base where it is
     * @param entries its length
     * @param completion the completion queue that its commands are answered in
     * @param head the next entry to fetch
     * @param tail behind the last one
     */
    public record Submission(int id, long base, int entries, int completion, int head, int tail) {}

    /**
     * A completion queue.
     *
     * @param id its identifier
     * @param base where it is
     * @param entries its length
     * @param vector its interrupt vector
     * @param interrupts whether it interrupts
     * @param head what the guest has consumed
     * @param tail the next entry to fill
     * @param phase the phase bit of that entry
     */
    public record Completion(
            int id, long base, int entries, int vector, boolean interrupts, int head, int tail, boolean phase) {}

    /**
     * Asynchronous events.
     *
     * @param waiting identifiers of the commands that wait for one
     * @param pending for each type what is to be told, or -1
     * @param silenced the types of which nothing is told before a log page is read, a bit each
     * @param namespaceChanged whether the list of changed namespaces has the namespace
     * @param errors how many errors there were
     * @param error the last one as its log page has it
     */
    public record Events(
            long[] waiting, long[] pending, int silenced, boolean namespaceChanged, long errors, byte[] error) {}
}
