package dev.backplane.api.device.pci;

/**
 * A base address register: a range of registers whose place the guest chooses (PCI Local Bus 3.0, 6.2.5.1).
 *
 * @param window the name by which the device serves it
 * @param index which register, 0 to 5; a 64-bit one takes the next as well
 * @param bytes its length: a power of two, from 4 for ports (to 256), from 16 for memory (to 2 GiB, 64-bit ones to 64 GiB)
 * @param kind what it decodes
 */
public record PciBar(String window, int index, long bytes, Kind kind) {
    private static final int LAST = 5;
    private static final long MOST_PORTS = 256;
    private static final long MOST_BELOW_4_GIB = 1L << 31;
    private static final long MOST = 1L << 36;

    /** What a register decodes. */
    public enum Kind {
        /** I/O ports. */
        PORTS,
        /** Memory below 4 GiB. */
        MEMORY_32,
        /** Memory anywhere. */
        MEMORY_64,
        /** Memory anywhere without side effects of reads. */
        PREFETCHABLE_64;

        boolean isWide() {
            return this == MEMORY_64 || this == PREFETCHABLE_64;
        }
    }

    /** Checks the bounds. */
    public PciBar {
        long least = kind == Kind.PORTS ? 4 : 16;
        long most = kind == Kind.PORTS ? MOST_PORTS : kind.isWide() ? MOST : MOST_BELOW_4_GIB;
        int last = kind.isWide() ? LAST - 1 : LAST;
        if (index < 0 || index > last || bytes < least || bytes > most || Long.bitCount(bytes) != 1) {
            throw new IllegalArgumentException(
                    "BAR %d (%s) of %d bytes: expected an index from 0 to %d and a power of two from %d to %d"
                            .formatted(index, window, bytes, last, least, most));
        }
    }

    /**
     * Whether it takes two registers.
     *
     * @return true for the 64-bit kinds
     */
    public boolean isWide() {
        return kind.isWide();
    }
}
