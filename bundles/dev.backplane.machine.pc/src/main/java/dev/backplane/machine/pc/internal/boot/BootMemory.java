package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.memory.Lease;
import dev.backplane.api.part.ConfigurationException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Guest memory while it is being filled: every range is placed once and has a name, so that nothing overwrites anything. */
public final class BootMemory {
    private record Placed(String what, long gpa, long length) {
        boolean overlaps(long otherGpa, long otherLength) {
            return otherGpa < gpa + length && gpa < otherGpa + otherLength;
        }
    }

    private final GuestMemory memory;
    private final List<Placed> placed = new ArrayList<>();

    /**
     * Nothing placed.
     *
     * @param memory the guest's
     */
    public BootMemory(GuestMemory memory) {
        this.memory = memory;
    }

    /**
     * Keeps a range for a purpose; what is in it stays.
     *
     * @param what its purpose, for messages
     * @param gpa its first address
     * @param length its length in bytes
     * @throws ConfigurationException when it is not RAM or something else has been placed there
     */
    public void claim(String what, long gpa, long length) throws ConfigurationException {
        if (length == 0) {
            return;
        }
        if (!memory.contains(gpa, length)) {
            throw new ConfigurationException(
                    "%s: 0x%x-0x%x is not RAM: give the machine more memory, or the file is damaged"
                            .formatted(what, gpa, gpa + length - 1));
        }
        for (Placed other : placed) {
            if (other.overlaps(gpa, length)) {
                throw new ConfigurationException("%s: 0x%x-0x%x overlaps %s at 0x%x-0x%x"
                        .formatted(what, gpa, gpa + length - 1, other.what, other.gpa, other.gpa + other.length - 1));
            }
        }
        placed.add(new Placed(what, gpa, length));
    }

    /**
     * Places bytes.
     *
     * @param what what they are, for messages
     * @param gpa where they go
     * @param bytes what goes there
     * @throws ConfigurationException as {@link #claim}
     */
    public void place(String what, long gpa, byte[] bytes) throws ConfigurationException {
        place(what, gpa, MemorySegment.ofArray(bytes), bytes.length);
    }

    /**
     * Places bytes, and zeros behind them.
     *
     * @param what what they are, for messages
     * @param gpa where they go
     * @param bytes what goes there
     * @param length how long it is with the zeros
     * @throws ConfigurationException as {@link #claim}
     */
    public void place(String what, long gpa, MemorySegment bytes, long length) throws ConfigurationException {
        claim(what, gpa, length);
        if (length == 0) {
            return;
        }
        try (Lease lease = write(gpa, length)) {
            MemorySegment target = lease.segment();
            target.asSlice(0, bytes.byteSize()).copyFrom(bytes);
            target.asSlice(bytes.byteSize()).fill((byte) 0);
        }
    }

    /** Borrows a range that has been claimed. */
    Lease write(long gpa, long length) {
        return memory.write(gpa, length);
    }

    /** Borrows a range to look at it. */
    Lease read(long gpa, long length) {
        return memory.read(gpa, length);
    }
}
