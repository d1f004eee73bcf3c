package dev.backplane.device.nvme.internal;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * One command as it was fetched (NVMe 1.4, 4.2), read once: the guest may change the queue meanwhile. Used again and again. While it is
 * in flight it belongs to the thread that carries it out.
 */
final class Command {
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int FUSED_OR_SGL = 0xc300;

    final SubmissionQueue queue;
    /** Where its data is. */
    final DataPages pages = new DataPages();

    /** Command dword 0: opcode, flags, identifier. */
    private int head;

    int namespace;
    long prp1;
    long prp2;
    int dword10;
    int dword11;
    int dword12;
    int dword13;

    /** The queue has another one of that identifier in flight. */
    boolean conflicts;
    /** The result that goes back with the status. */
    int result;
    /** The next one that is free. */
    @Nullable
    Command next;

    Command(SubmissionQueue queue) {
        this.queue = queue;
    }

    void read(MemorySegment entry) {
        head = entry.get(U32, 0);
        namespace = entry.get(U32, 4);
        prp1 = entry.get(U64, 24);
        prp2 = entry.get(U64, 32);
        dword10 = entry.get(U32, 40);
        dword11 = entry.get(U32, 44);
        dword12 = entry.get(U32, 48);
        dword13 = entry.get(U32, 52);
        conflicts = false;
        result = 0;
    }

    int opcode() {
        return head & 0xff;
    }

    int identifier() {
        return head >>> 16;
    }

    /** Fused operations and scatter-gather lists are not offered. */
    boolean usesWhatIsNotOffered() {
        return (head & FUSED_OR_SGL) != 0;
    }

    /** The first logical block, of commands that have one. */
    long firstBlock() {
        return Integer.toUnsignedLong(dword10) | (long) dword11 << 32;
    }

    /** The number of logical blocks, of commands that have one. */
    int blocks() {
        return (dword12 & 0xffff) + 1;
    }
}
