package dev.backplane.api.memory;

/**
 * A range of the memory map that is RAM, page-aligned at both ends.
 *
 * @param gpa its first guest-physical address
 * @param length its length in bytes
 */
public record RamRange(long gpa, long length) {
    /**
     * The first address behind it.
     *
     * @return gpa + length
     */
    public long end() {
        return gpa + length;
    }
}
