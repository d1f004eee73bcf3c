package dev.backplane.device.nvme.internal;

import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.state.StateException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The queues that there are, the admin queues with number 0 among them. The controller's monitor guards it. */
final class QueueSet {
    private final int queues;
    private final GuestMemory memory;
    private final @Nullable SubmissionQueue[] submissions;
    private final @Nullable CompletionQueue[] completions;

    /** @param queues pairs of I/O queues that there may be */
    QueueSet(int queues, GuestMemory memory) {
        this.queues = queues;
        this.memory = memory;
        submissions = new SubmissionQueue[queues + 1];
        completions = new CompletionQueue[queues + 1];
    }

    void clear() {
        Arrays.fill(submissions, null);
        Arrays.fill(completions, null);
    }

    /** The queue of a number that the guest has chosen. */
    @Nullable
    SubmissionQueue submissions(int id) {
        return id <= queues ? submissions[id] : null;
    }

    /** The queue of a number that the guest has chosen. */
    @Nullable
    CompletionQueue completions(int id) {
        return id <= queues ? completions[id] : null;
    }

    void add(CompletionQueue queue) {
        completions[queue.id] = queue;
    }

    void add(SubmissionQueue queue) {
        queue.completions.users++;
        submissions[queue.id] = queue;
    }

    void remove(SubmissionQueue queue) {
        submissions[queue.id] = null;
        queue.completions.users--;
    }

    /**
     * Create I/O Completion Queue (NVMe 1.4, 5.3).
     *
     * @param queue in RAM as a whole
     * @param agreed the highest number that was agreed on
     * @param entryBytesLog what the configuration says of entries
     * @param vectors how many interrupt vectors there are now
     * @return a status
     */
    int create(CompletionQueue queue, int agreed, int entryBytesLog, int vectors) {
        if (queue.id == 0 || queue.id > agreed || completions[queue.id] != null) {
            return Status.INVALID_QUEUE_IDENTIFIER;
        }
        if (entryBytesLog != Layout.COMPLETION_BYTES_LOG) {
            return Status.INVALID_QUEUE_SIZE;
        }
        if (queue.interrupts && queue.vector >= vectors) {
            return Status.INVALID_INTERRUPT_VECTOR;
        }
        add(queue);
        return Status.SUCCESS;
    }

    /**
     * Create I/O Submission Queue (NVMe 1.4, 5.4).
     *
     * @param base in RAM as a whole
     * @param completion the number of the queue that answers
     * @param agreed the highest number that was agreed on
     * @param entryBytesLog what the configuration says of entries
     * @return a status
     */
    int createSubmissions(int id, long base, int entries, int completion, int agreed, int entryBytesLog) {
        if (id == 0 || id > agreed || submissions[id] != null || completion == 0 || completion > queues) {
            return Status.INVALID_QUEUE_IDENTIFIER;
        }
        CompletionQueue answers = completions[completion];
        if (answers == null) {
            return Status.COMPLETION_QUEUE_INVALID;
        }
        if (entryBytesLog != Layout.SUBMISSION_BYTES_LOG) {
            return Status.INVALID_QUEUE_SIZE;
        }
        add(new SubmissionQueue(id, base, entries, answers));
        return Status.SUCCESS;
    }

    /** Delete I/O Completion Queue (NVMe 1.4, 5.5): not before its submission queues. Returns a status. */
    int deleteCompletions(int id) {
        CompletionQueue queue = completions(id);
        if (id == 0 || queue == null) {
            return Status.INVALID_QUEUE_IDENTIFIER;
        }
        if (queue.users > 0) {
            return Status.INVALID_QUEUE_DELETION;
        }
        completions[id] = null;
        return Status.SUCCESS;
    }

    /** Whether there is an I/O queue. */
    boolean hasSome() {
        for (int id = 1; id <= queues; id++) {
            if (submissions[id] != null || completions[id] != null) {
                return true;
            }
        }
        return false;
    }

    /** Whether a queue that interrupts has completions which the guest has not taken. */
    boolean wantsInterrupt() {
        for (CompletionQueue queue : completions) {
            if (queue != null && queue.interrupts && !queue.isEmpty()) {
                return true;
            }
        }
        return false;
    }

    List<NvmeState.Submission> saveSubmissions() {
        return Arrays.stream(submissions)
                .filter(Objects::nonNull)
                .map(SubmissionQueue::save)
                .toList();
    }

    List<NvmeState.Completion> saveCompletions() {
        return Arrays.stream(completions)
                .filter(Objects::nonNull)
                .map(CompletionQueue::save)
                .toList();
    }

    void restore(List<NvmeState.Submission> from, List<NvmeState.Completion> answering) throws StateException {
        for (NvmeState.Completion each : answering) {
            check(each.id(), each.base(), each.entries(), CompletionQueue.ENTRY_BYTES, each.head(), each.tail());
            add(CompletionQueue.restore(each));
        }
        for (NvmeState.Submission each : from) {
            check(each.id(), each.base(), each.entries(), SubmissionQueue.ENTRY_BYTES, each.head(), each.tail());
            CompletionQueue answers =
                    each.completion() >= 0 && each.completion() <= queues ? completions[each.completion()] : null;
            if (answers == null) {
                throw new StateException("submission queue %d answers in completion queue %d, which is not there"
                        .formatted(each.id(), each.completion()));
            }
            add(SubmissionQueue.restore(each, answers));
        }
    }

    private void check(int id, long base, int entries, int entryBytes, int head, int tail) throws StateException {
        if (id < 0
                || id > queues
                || entries < 2
                || entries > Layout.MOST_ADMIN_ENTRIES
                || (base & Layout.PAGE_BYTES - 1) != 0
                || !memory.contains(base, (long) entries * entryBytes)
                || head < 0
                || head >= entries
                || tail < 0
                || tail >= entries) {
            throw new StateException("queue %d of %d entries at 0x%x, from %d to %d: the controller has queues 0 to %d"
                    .formatted(id, entries, base, head, tail, queues));
        }
    }
}
