package dev.backplane.machine.pc.internal.bus;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Windows that do not overlap, by ascending address. Any thread; a look-up allocates nothing. */
public final class ClaimTable {
    /** No window. */
    public static final ClaimTable EMPTY = new ClaimTable(List.of());

    private final Claim[] claims;
    private final long[] bases;

    /**
     * A table.
     *
     * @param unsorted the windows
     */
    public ClaimTable(Collection<Claim> unsorted) {
        claims = unsorted.stream().sorted(Comparator.comparingLong(Claim::base)).toArray(Claim[]::new);
        bases = Arrays.stream(claims).mapToLong(Claim::base).toArray();
    }

    /** All windows. */
    List<Claim> all() {
        return List.of(claims);
    }

    /**
     * The window in which an address lies.
     *
     * @param address the address
     * @return null where there is none
     */
    public @Nullable Claim at(long address) {
        int found = Arrays.binarySearch(bases, address);
        int index = found >= 0 ? found : -found - 2;
        return index >= 0 && claims[index].covers(address, 1) ? claims[index] : null;
    }
}
