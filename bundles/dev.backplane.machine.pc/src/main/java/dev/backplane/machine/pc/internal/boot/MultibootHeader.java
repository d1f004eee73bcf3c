package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.part.ConfigurationException;
import java.util.Optional;

/**
 * The header by which a kernel asks for multiboot 1 (Multiboot 0.6.96, 3.1).
 *
 * @param offset where it is in the file
 * @param flags what it asks for
 * @param headerAddress its own physical address, with {@link #hasAddresses}
 * @param loadAddress where loading begins
 * @param loadEndAddress where it ends; 0: with the file
 * @param bssEndAddress up to where zeros follow; 0: nothing does
 * @param entryAddress where the kernel is entered
 */
record MultibootHeader(
        long offset,
        long flags,
        long headerAddress,
        long loadAddress,
        long loadEndAddress,
        long bssEndAddress,
        long entryAddress) {
    private static final long MAGIC = 0x1bad_b002L;
    /** It lies within the first 8 KiB, on a multiple of 4. */
    private static final int SEARCHED = 8192;

    private static final long PAGE_ALIGN = 1;
    private static final long MEMORY_INFO = 1 << 1;
    private static final long VIDEO_MODE = 1 << 2;
    private static final long ADDRESSES = 1 << 16;
    private static final long REQUIREMENTS = 0xffff;
    private static final long KNOWN = PAGE_ALIGN | MEMORY_INFO | VIDEO_MODE;

    static Optional<MultibootHeader> find(KernelFile file) {
        for (long at = 0; at <= SEARCHED - 12 && file.has(at, 12); at += 4) {
            if (file.u32(at) == MAGIC && (int) (MAGIC + file.u32(at + 4) + file.u32(at + 8)) == 0) {
                return Optional.of(new MultibootHeader(
                        at,
                        file.u32(at + 4),
                        file.u32(at + 12),
                        file.u32(at + 16),
                        file.u32(at + 20),
                        file.u32(at + 24),
                        file.u32(at + 28)));
            }
        }
        return Optional.empty();
    }

    /** Whether it says itself where to load it ("a.out kludge"). */
    boolean hasAddresses() {
        return (flags & ADDRESSES) != 0;
    }

    /** Bits 0 to 15 are requirements: one that is not known cannot be fulfilled. A video mode is only a wish. */
    void check(KernelFile file) throws ConfigurationException {
        long unknown = flags & REQUIREMENTS & ~KNOWN;
        if (unknown != 0) {
            throw file.broken(
                    "multiboot header: flags 0x%x ask for 0x%x, which is not known".formatted(flags, unknown));
        }
    }

    /** Loads a kernel that says where; returns the first address behind it. */
    long placeByAddresses(KernelFile file, BootMemory memory) throws ConfigurationException {
        if (!file.has(offset, 32)) {
            throw file.broken("multiboot header at 0x%x: its addresses are cut off: truncated".formatted(offset));
        }
        long start = offset - (headerAddress - loadAddress);
        long bytes = loadEndAddress == 0 ? file.length() - start : loadEndAddress - loadAddress;
        long end = bssEndAddress == 0 ? loadAddress + bytes : bssEndAddress;
        if (headerAddress < loadAddress || start < 0 || bytes <= 0 || end < loadAddress + bytes) {
            throw file.broken("multiboot header: header 0x%x, load 0x%x-0x%x, bss to 0x%x contradict each other"
                    .formatted(headerAddress, loadAddress, loadEndAddress, bssEndAddress));
        }
        if (entryAddress < loadAddress || entryAddress >= end) {
            throw file.broken("multiboot header: entry point 0x%x is not within 0x%x-0x%x"
                    .formatted(entryAddress, loadAddress, end - 1));
        }
        KernelFile content = file.slice("kernel", start, bytes);
        memory.place("kernel: " + file.name(), loadAddress, content.bytes(), end - loadAddress);
        return end;
    }
}
