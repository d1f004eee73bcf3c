package dev.backplane.kernel.internal.vm;

import dev.backplane.api.debug.DebuggableVcpu;
import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.memory.Lease;
import java.lang.foreign.MemorySegment;

/**
 * A stopped guest's RAM as one of its vCPUs sees it.
 *
 * @param vcpu whose page tables count
 * @param memory the machine's memory
 */
record LinearMemory(DebuggableVcpu vcpu, GuestMemory memory) {
    private static final int PAGE = 4096;

    /** Reads up to the first byte that is not mapped to RAM; returns how many. */
    int read(long linear, byte[] target) {
        return pieces(linear, target, false);
    }

    /** Writes up to the first byte that is not mapped to RAM; returns how many. */
    int write(long linear, byte[] source) {
        return pieces(linear, source, true);
    }

    private int pieces(long linear, byte[] bytes, boolean write) {
        int done = 0;
        while (done < bytes.length) {
            long at = linear + done;
            int length = (int) Math.min(bytes.length - done, PAGE - (at & PAGE - 1));
            long gpa = vcpu.translate(at);
            if (gpa == -1 || !memory.contains(gpa, length)) {
                break;
            }
            MemorySegment piece = MemorySegment.ofArray(bytes).asSlice(done, length);
            try (Lease lease = write ? memory.write(gpa, length) : memory.read(gpa, length)) {
                if (write) {
                    lease.segment().copyFrom(piece);
                } else {
                    piece.copyFrom(lease.segment());
                }
            }
            done += length;
        }
        return done;
    }
}
