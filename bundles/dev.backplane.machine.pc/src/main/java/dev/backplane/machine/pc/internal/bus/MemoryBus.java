package dev.backplane.machine.pc.internal.bus;

import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.part.ConfigurationException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Registers in memory. Accesses come on vCPU threads: a search in a sorted array, no lock, no allocation.
 *
 * <p>An access that one window covers goes to it whole. One that crosses a window's end becomes accesses of one byte, lowest
 * address first.
 */
public final class MemoryBus {
    private final Unclaimed unclaimed;
    private final List<Claim> reserved = new ArrayList<>();
    private volatile Table table = new Table(List.of());

    /**
     * Nothing claimed.
     *
     * @param unclaimed told about accesses that nothing answers
     */
    public MemoryBus(Unclaimed unclaimed) {
        this.unclaimed = unclaimed;
    }

    /**
     * Keeps windows out of a range that is not answered here.
     *
     * @param owner what is there, for messages
     * @param base its first address
     * @param length its length in bytes
     */
    public synchronized void reserve(String owner, long base, long length) {
        reserved.add(new Claim(owner, base, length, Nothing.INSTANCE));
    }

    /**
     * Claims a window. On a kernel thread; running vCPUs see it from their next access on.
     *
     * @param owner who claims it, for messages
     * @param base its first address
     * @param length its length in bytes
     * @param handler answers its accesses
     * @throws ConfigurationException when something else is there
     */
    public synchronized void claim(String owner, long base, long length, RegisterHandler handler)
            throws ConfigurationException {
        List<Claim> claims = new ArrayList<>(Arrays.asList(table.claims));
        for (List<Claim> others : List.of(reserved, claims)) {
            for (Claim other : others) {
                if (other.overlaps(base, length)) {
                    throw new ConfigurationException("%s: memory 0x%x-0x%x overlaps 0x%x-0x%x of %s: move it"
                            .formatted(owner, base, base + length - 1, other.base(), other.last(), other.owner()));
                }
            }
        }
        claims.add(new Claim(owner, base, length, handler));
        table = new Table(claims);
    }

    /**
     * Gives back all windows of an owner.
     *
     * @param owner as given to {@link #claim}
     */
    public synchronized void release(String owner) {
        List<Claim> claims = new ArrayList<>(Arrays.asList(table.claims));
        claims.removeIf(claim -> claim.owner().equals(owner));
        table = new Table(claims);
    }

    /**
     * A read.
     *
     * @param gpa the guest-physical address
     * @param size 1, 2, 4 or 8
     * @return the value, zero-extended
     */
    public long read(long gpa, int size) {
        Claim claim = table.at(gpa);
        if (claim != null && claim.covers(gpa, size)) {
            return Bytes.truncate(claim.handler().read(gpa - claim.base(), size), size);
        }
        if (claim == null && table.at(gpa + size - 1) == null || size == 1) {
            unclaimed.memory(gpa, false);
            return Bytes.ones(size);
        }
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= read(gpa + i, 1) << 8 * i;
        }
        return value;
    }

    /**
     * A write.
     *
     * @param gpa the guest-physical address
     * @param size 1, 2, 4 or 8
     * @param value the value; bits above {@code size} are ignored
     */
    public void write(long gpa, int size, long value) {
        Claim claim = table.at(gpa);
        if (claim != null && claim.covers(gpa, size)) {
            claim.handler().write(gpa - claim.base(), size, Bytes.truncate(value, size));
        } else if (claim == null && table.at(gpa + size - 1) == null || size == 1) {
            unclaimed.memory(gpa, true);
        } else {
            for (int i = 0; i < size; i++) {
                write(gpa + i, 1, value >>> 8 * i & 0xff);
            }
        }
    }

    /** Windows by ascending address. */
    private static final class Table {
        final Claim[] claims;
        private final long[] bases;

        Table(List<Claim> unsorted) {
            claims = unsorted.stream()
                    .sorted(Comparator.comparingLong(Claim::base))
                    .toArray(Claim[]::new);
            bases = Arrays.stream(claims).mapToLong(Claim::base).toArray();
        }

        @Nullable
        Claim at(long gpa) {
            int found = Arrays.binarySearch(bases, gpa);
            int index = found >= 0 ? found : -found - 2;
            return index >= 0 && claims[index].covers(gpa, 1) ? claims[index] : null;
        }
    }

    /** What stands behind a reserved range. */
    private enum Nothing implements RegisterHandler {
        INSTANCE;

        @Override
        public long read(long offset, int size) {
            return -1;
        }

        @Override
        public void write(long offset, int size, long value) {}
    }
}
