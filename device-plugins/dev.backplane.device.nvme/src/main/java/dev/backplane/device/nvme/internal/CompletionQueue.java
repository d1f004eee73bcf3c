package dev.backplane.device.nvme.internal;

import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.memory.Lease;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A completion queue (NVMe 1.4, 4.1), in RAM as a whole. A command is only fetched where there is room for its completion, so that none
 * ever waits. The controller's monitor guards it.
 */
final class CompletionQueue {
    static final int ENTRY_BYTES = 1 << Layout.COMPLETION_BYTES_LOG;

    /** The base is page-aligned, so each entry's dwords are aligned too. */
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final VarHandle STATUS =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    final int id;
    final long base;
    final int entries;
    final int vector;
    final boolean interrupts;

    /** Submission queues that answer here. */
    int users;
    /** Room that commands in flight will need. */
    int reserved;

    private int head;
    private int tail;
    private boolean phase = true;

    CompletionQueue(int id, long base, int entries, int vector, boolean interrupts) {
        this.id = id;
        this.base = base;
        this.entries = entries;
        this.vector = vector;
        this.interrupts = interrupts;
    }

    static CompletionQueue restore(NvmeState.Completion state) {
        CompletionQueue queue =
                new CompletionQueue(state.id(), state.base(), state.entries(), state.vector(), state.interrupts());
        queue.head = state.head();
        queue.tail = state.tail();
        queue.phase = state.phase();
        return queue;
    }

    private int waiting() {
        return tail >= head ? tail - head : tail - head + entries;
    }

    boolean isEmpty() {
        return head == tail;
    }

    boolean hasRoom() {
        return waiting() + reserved < entries - 1;
    }

    /** A doorbell. Returns whether the value makes sense: no more entries than there are (NVMe 1.4, 3.1.25). */
    boolean consume(int next) {
        if (next >= entries || (next >= head ? next - head : next - head + entries) > waiting()) {
            return false;
        }
        head = next;
        return true;
    }

    /** Puts an entry in. There is room. */
    void post(GuestMemory memory, SubmissionQueue from, int identifier, int status, int result) {
        try (Lease lease = memory.write(base + (long) tail * ENTRY_BYTES, ENTRY_BYTES)) {
            MemorySegment entry = lease.segment();
            entry.set(U32, 0, result);
            entry.set(U32, 4, 0);
            entry.set(U32, 8, from.head | from.id << 16);
            // Release: the phase bit comes last, and behind the command's data.
            STATUS.setRelease(entry, 12L, identifier | (phase ? 1 << 16 : 0) | status << 17);
        }
        tail++;
        if (tail == entries) {
            tail = 0;
            phase = !phase;
        }
    }

    NvmeState.Completion save() {
        return new NvmeState.Completion(id, base, entries, vector, interrupts, head, tail, phase);
    }
}
