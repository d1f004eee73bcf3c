package dev.backplane.device.nvme.internal;

import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.memory.Lease;
import org.jspecify.annotations.Nullable;

/** A submission queue (NVMe 1.4, 4.1), in RAM as a whole. The controller's monitor guards it. */
final class SubmissionQueue {
    static final int ENTRY_BYTES = 1 << Layout.SUBMISSION_BYTES_LOG;

    private static final int IDENTIFIERS = 0x1_0000;

    final int id;
    final long base;
    final int entries;
    final CompletionQueue completions;

    int head;
    int tail;
    /** Commands that were fetched and are not answered, but for those that wait for an event. */
    int inFlight;
    /** A task fetches from it, or is about to. */
    boolean scheduled;
    /** The command that deletes it, while it waits for those in flight. */
    @Nullable
    Command deletion;

    private final long[] identifiers = new long[IDENTIFIERS / Long.SIZE];
    private @Nullable Command free;

    SubmissionQueue(int id, long base, int entries, CompletionQueue completions) {
        this.id = id;
        this.base = base;
        this.entries = entries;
        this.completions = completions;
    }

    static SubmissionQueue restore(NvmeState.Submission state, CompletionQueue completions) {
        SubmissionQueue queue = new SubmissionQueue(state.id(), state.base(), state.entries(), completions);
        queue.head = state.head();
        queue.tail = state.tail();
        return queue;
    }

    boolean isEmpty() {
        return head == tail;
    }

    /** A doorbell. Returns whether the value makes sense: no more new entries than are free (NVMe 1.4, 3.1.24). */
    boolean advance(int next) {
        if (next >= entries || distance(next, tail) > entries - 1 - distance(tail, head)) {
            return false;
        }
        tail = next;
        return true;
    }

    private int distance(int to, int from) {
        return to >= from ? to - from : to - from + entries;
    }

    /** Takes the next command. It is not empty. */
    Command fetch(GuestMemory memory) {
        Command command = free;
        if (command == null) {
            command = new Command(this);
        } else {
            free = command.next;
        }
        try (Lease lease = memory.read(base + (long) head * ENTRY_BYTES, ENTRY_BYTES)) {
            command.read(lease.segment());
        }
        head = head + 1 == entries ? 0 : head + 1;
        command.conflicts = !take(command.identifier());
        return command;
    }

    /** Marks an identifier as in flight. Returns false where it is already. */
    boolean take(int identifier) {
        long bit = 1L << identifier;
        if ((identifiers[identifier / Long.SIZE] & bit) != 0) {
            return false;
        }
        identifiers[identifier / Long.SIZE] |= bit;
        return true;
    }

    void release(int identifier) {
        identifiers[identifier / Long.SIZE] &= ~(1L << identifier);
    }

    void recycle(Command command) {
        command.next = free;
        free = command;
    }

    NvmeState.Submission save() {
        return new NvmeState.Submission(id, base, entries, completions.id, head, tail);
    }
}
