package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.memory.Lease;
import dev.backplane.api.part.ConfigurationException;
import java.nio.file.Path;

/**
 * A file that a kernel finds in memory: an initial RAM disk, a module.
 *
 * @param gpa its first address, page-aligned
 * @param length its length in bytes
 */
record LoadedFile(long gpa, long length) {
    private static final long PAGE = 0x1000;

    /**
     * Places a file as high as it may be.
     *
     * @param option the option that names it, for messages
     * @param path the file
     * @param above where the kernel ends
     * @param below the first address that it must not reach
     */
    static LoadedFile placeHigh(String option, Path path, BootMemory memory, long above, long below)
            throws ConfigurationException {
        try (BootFile file = BootFile.open(option, path)) {
            return place(option, file, memory, (below - file.length()) & -PAGE, above, below);
        }
    }

    /** Places a file on the first page that is not below {@code above}. */
    static LoadedFile placeLow(String option, Path path, BootMemory memory, long above, long below)
            throws ConfigurationException {
        try (BootFile file = BootFile.open(option, path)) {
            return place(option, file, memory, above + PAGE - 1 & -PAGE, above, below);
        }
    }

    private static LoadedFile place(String option, BootFile file, BootMemory memory, long gpa, long above, long below)
            throws ConfigurationException {
        long length = file.length();
        if (length == 0) {
            throw file.refused("the file is empty");
        }
        if (gpa < above || gpa > below - length) {
            throw file.refused(
                    "%d bytes: there are %d between the kernel's end at 0x%x and 0x%x: give the machine more memory"
                            .formatted(length, Math.max(0, below - above), above, below));
        }
        memory.claim(option, gpa, length);
        try (Lease lease = memory.write(gpa, length)) {
            file.readInto(lease.segment());
        }
        return new LoadedFile(gpa, length);
    }

    /** The first address behind it. */
    long end() {
        return gpa + length;
    }
}
