package dev.backplane.machine.pc.internal.bus;

import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.part.ConfigurationException;
import java.util.ArrayList;
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
    private final Behind behind;
    private volatile ClaimTable table = ClaimTable.EMPTY;

    /**
     * Nothing claimed.
     *
     * @param unclaimed told about accesses that nothing answers
     * @param behind asked where nothing has a fixed place
     */
    public MemoryBus(Unclaimed unclaimed, Behind behind) {
        this.unclaimed = unclaimed;
        this.behind = behind;
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
        List<Claim> claims = new ArrayList<>(table.all());
        for (List<Claim> others : List.of(reserved, claims)) {
            for (Claim other : others) {
                if (other.overlaps(base, length)) {
                    throw new ConfigurationException("%s: memory 0x%x-0x%x overlaps 0x%x-0x%x of %s: move it"
                            .formatted(owner, base, base + length - 1, other.base(), other.last(), other.owner()));
                }
            }
        }
        claims.add(new Claim(owner, base, length, handler));
        table = new ClaimTable(claims);
    }

    /**
     * Claims a place for memory, whose accesses do not come here.
     *
     * @param owner whose memory it is
     * @param base its first address
     * @param length its length in bytes
     * @throws ConfigurationException when something else is there
     */
    public void claimRam(String owner, long base, long length) throws ConfigurationException {
        claim(owner, base, length, Nothing.INSTANCE);
    }

    /**
     * Gives back all windows of an owner.
     *
     * @param owner as given to {@link #claim}
     */
    public synchronized void release(String owner) {
        List<Claim> claims = new ArrayList<>(table.all());
        claims.removeIf(claim -> claim.owner().equals(owner));
        table = new ClaimTable(claims);
    }

    /**
     * Whether an address has a fixed owner, RAM included. Any thread, once the board is wired.
     *
     * @param gpa the guest-physical address
     * @return false where what the guest moves there answers
     */
    public boolean isFixed(long gpa) {
        return table.at(gpa) != null || reserved.stream().anyMatch(range -> range.covers(gpa, 1));
    }

    /**
     * A read.
     *
     * @param gpa the guest-physical address
     * @param size 1, 2, 4 or 8
     * @return the value, zero-extended
     */
    public long read(long gpa, int size) {
        Claim claim = at(gpa);
        if (claim != null && claim.covers(gpa, size)) {
            return Bytes.truncate(claim.handler().read(gpa - claim.base(), size), size);
        }
        if (claim == null && at(gpa + size - 1) == null || size == 1) {
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
        Claim claim = at(gpa);
        if (claim != null && claim.covers(gpa, size)) {
            claim.handler().write(gpa - claim.base(), size, Bytes.truncate(value, size));
        } else if (claim == null && at(gpa + size - 1) == null || size == 1) {
            unclaimed.memory(gpa, true);
        } else {
            for (int i = 0; i < size; i++) {
                write(gpa + i, 1, value >>> 8 * i & 0xff);
            }
        }
    }

    private @Nullable Claim at(long gpa) {
        Claim claim = table.at(gpa);
        return claim == null ? behind.at(gpa) : claim;
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
