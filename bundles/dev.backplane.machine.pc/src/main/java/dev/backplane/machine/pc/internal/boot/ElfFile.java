package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.part.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** An ELF executable for x86, 32 or 64 bits (System V ABI, chapters 4 and 5). */
final class ElfFile {
    private static final int ELFCLASS64 = 2;
    private static final int ELFDATA2LSB = 1;
    private static final int EM_386 = 3;
    private static final int EM_X86_64 = 62;
    private static final int PT_LOAD = 1;
    private static final int PT_NOTE = 4;
    private static final int HEADER32 = 52;
    private static final int HEADER64 = 64;
    private static final int PROGRAM_HEADER32 = 32;
    private static final int PROGRAM_HEADER64 = 56;
    /** A kernel has a handful. */
    private static final int MOST_PROGRAM_HEADERS = 256;

    private static final String XEN = "Xen\0";
    private static final int XEN_ELFNOTE_PHYS32_ENTRY = 18;

    /** A program header. */
    private record Segment(int type, long offset, long vaddr, long paddr, long fileBytes, long memoryBytes) {
        boolean hasPhysical(long address) {
            return address - paddr >= 0 && address - paddr < memoryBytes;
        }

        boolean hasVirtual(long address) {
            return Long.compareUnsigned(address - vaddr, memoryBytes) < 0;
        }
    }

    private final KernelFile file;
    private final boolean wide;
    private final long entry;
    private final List<Segment> segments = new ArrayList<>();

    private ElfFile(KernelFile file) throws ConfigurationException {
        this.file = file;
        wide = is64(file);
        file.slice("ELF header", 0, wide ? HEADER64 : HEADER32);
        entry = wide ? file.u64(24) : file.u32(24);
        readProgramHeaders();
    }

    /** Whether it has the signature of an ELF file that an x86 processor can run. */
    static boolean isElf(KernelFile file) {
        int machine = file.u16(18);
        return file.u32(0) == 0x464c_457fL && file.u8(5) == ELFDATA2LSB && (machine == EM_X86_64 || machine == EM_386);
    }

    /** Whether it is one of 64 bits. */
    static boolean is64(KernelFile file) {
        return file.u8(4) == ELFCLASS64;
    }

    static ElfFile parse(KernelFile file) throws ConfigurationException {
        return new ElfFile(file);
    }

    private void readProgramHeaders() throws ConfigurationException {
        long offset = wide ? file.u64(32) : file.u32(28);
        int size = file.u16(wide ? 54 : 42);
        int count = file.u16(wide ? 56 : 44);
        int expected = wide ? PROGRAM_HEADER64 : PROGRAM_HEADER32;
        if (count == 0 || count > MOST_PROGRAM_HEADERS || size < expected) {
            throw file.broken("ELF: %d program headers of %d bytes: expected 1 to %d of at least %d"
                    .formatted(count, size, MOST_PROGRAM_HEADERS, expected));
        }
        KernelFile table = file.slice("ELF program headers", offset, (long) count * size);
        for (int i = 0; i < count; i++) {
            segments.add(wide ? segment64(table, (long) i * size) : segment32(table, (long) i * size));
        }
    }

    private static Segment segment64(KernelFile table, long at) {
        return new Segment(
                (int) table.u32(at),
                table.u64(at + 8),
                table.u64(at + 16),
                table.u64(at + 24),
                table.u64(at + 32),
                table.u64(at + 40));
    }

    private static Segment segment32(KernelFile table, long at) {
        return new Segment(
                (int) table.u32(at),
                table.u32(at + 4),
                table.u32(at + 8),
                table.u32(at + 12),
                table.u32(at + 16),
                table.u32(at + 20));
    }

    /**
     * Puts the segments at their physical addresses.
     *
     * @return the first address behind them
     */
    long place(BootMemory memory) throws ConfigurationException {
        long end = 0;
        for (int i = 0; i < segments.size(); i++) {
            Segment segment = segments.get(i);
            if (segment.type != PT_LOAD || segment.memoryBytes == 0) {
                continue;
            }
            String what = "kernel segment " + i;
            if (segment.memoryBytes < 0 || segment.fileBytes < 0 || segment.fileBytes > segment.memoryBytes) {
                throw file.broken("%s: 0x%x bytes in the file, 0x%x in memory: damaged"
                        .formatted(what, segment.fileBytes, segment.memoryBytes));
            }
            if (segment.paddr < 0 || segment.paddr > PageTables.MAPPED_BYTES - segment.memoryBytes) {
                throw file.broken("%s: physical address 0x%x, 0x%x bytes: must lie below 4 GiB"
                        .formatted(what, segment.paddr, segment.memoryBytes));
            }
            KernelFile content = file.slice(what, segment.offset, segment.fileBytes);
            memory.place(
                    "kernel: %s: %s".formatted(file.name(), what), segment.paddr, content.bytes(), segment.memoryBytes);
            end = Math.max(end, segment.paddr + segment.memoryBytes);
        }
        if (end == 0) {
            throw file.broken("ELF: no segment is to be loaded");
        }
        return end;
    }

    /** The physical address of the entry point, which some kernels give as a virtual one. */
    long physicalEntry() throws ConfigurationException {
        if (hasPhysical(entry)) {
            return entry;
        }
        for (Segment segment : segments) {
            if (segment.type == PT_LOAD && segment.hasVirtual(entry)) {
                return segment.paddr + (entry - segment.vaddr);
            }
        }
        throw file.broken("ELF: entry point 0x%x is in none of the segments".formatted(entry));
    }

    /** Whether an address is within what is loaded. */
    boolean hasPhysical(long address) {
        return segments.stream().anyMatch(segment -> segment.type == PT_LOAD && segment.hasPhysical(address));
    }

    /** The 32-bit physical entry point that a PVH note gives (type 18 of owner "Xen"). */
    OptionalLong pvhEntry() throws ConfigurationException {
        for (Segment segment : segments) {
            if (segment.type == PT_NOTE && segment.fileBytes != 0) {
                OptionalLong found = pvhEntry(file.slice("ELF notes", segment.offset, segment.fileBytes));
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return OptionalLong.empty();
    }

    private static OptionalLong pvhEntry(KernelFile notes) {
        long at = 0;
        while (notes.has(at, 12)) {
            long nameBytes = notes.u32(at);
            long valueBytes = notes.u32(at + 4);
            long type = notes.u32(at + 8);
            long name = at + 12;
            long value = name + aligned(nameBytes);
            if (!notes.has(value, valueBytes)) {
                break;
            }
            if (type == XEN_ELFNOTE_PHYS32_ENTRY
                    && nameBytes == XEN.length()
                    && isXen(notes, name)
                    && valueBytes >= 4) {
                return OptionalLong.of(notes.u32(value));
            }
            at = value + aligned(valueBytes);
        }
        return OptionalLong.empty();
    }

    private static boolean isXen(KernelFile notes, long at) {
        for (int i = 0; i < XEN.length(); i++) {
            if (notes.u8(at + i) != XEN.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static long aligned(long bytes) {
        return bytes + 3 & ~3L;
    }
}
