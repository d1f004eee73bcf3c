package dev.backplane.x86.report;

/** Reads a stopped guest's memory for people, by linear address. */
@FunctionalInterface
public interface LinearReader {
    /**
     * Reads bytes.
     *
     * @param linear the first address
     * @param target where to
     * @return how many could be read before the first that is not mapped to RAM
     */
    int read(long linear, byte[] target);
}
