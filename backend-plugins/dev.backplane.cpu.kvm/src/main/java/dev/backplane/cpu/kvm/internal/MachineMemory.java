package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.memory.MappedRam;
import dev.backplane.api.memory.RamRange;
import dev.backplane.natives.HostException;
import dev.backplane.natives.kvm.KvmVm;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * The machine's RAM as KVM's slots, and the host's log of what vCPUs write there. The log costs each page's first write a
 * fault, so that it is off until somebody asks for it.
 */
final class MachineMemory {
    /** Pages that the board keeps free for KVM. */
    static final long IDENTITY_MAP = 0xfeff_c000L;

    static final long TSS = 0xfeff_d000L;

    private static final int PAGE_SHIFT = 12;

    private final KvmVm vm;
    private final MappedRam ram;
    private final List<RamRange> ranges;
    private boolean logging;

    MachineMemory(KvmVm vm, MappedRam ram) throws HostException {
        this.vm = vm;
        this.ram = ram;
        ranges = ram.ranges();
        vm.setTssAddress(TSS);
        vm.setIdentityMapAddress(IDENTITY_MAP);
        place();
    }

    private void place() throws HostException {
        long offset = 0;
        for (int slot = 0; slot < ranges.size(); slot++) {
            RamRange range = ranges.get(slot);
            vm.setMemory(slot, range.gpa(), ram.segment().asSlice(offset, range.length()), logging);
            offset += range.length();
        }
    }

    /** Every later write of a vCPU reaches the log, which is begun anew. What it held is marked. */
    synchronized void protectPages() throws HostException {
        if (logging) {
            collect();
        } else {
            logging = true;
            place();
        }
    }

    /** Marks what vCPUs have written since the last look. */
    synchronized void collect() throws HostException {
        if (!logging) {
            return;
        }
        long first = 0;
        for (int slot = 0; slot < ranges.size(); slot++) {
            long pages = ranges.get(slot).length() >>> PAGE_SHIFT;
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment bitmap = arena.allocate(Long.BYTES * Math.ceilDiv(pages, Long.SIZE), Long.BYTES);
                vm.writtenPages(slot, bitmap);
                mark(bitmap, first);
            }
            first += pages;
        }
    }

    /** A byte of RAM for people, or -1 where there is none. */
    int peek(long gpa) {
        long offset = 0;
        for (RamRange range : ranges) {
            if (gpa >= range.gpa() && gpa < range.end()) {
                return ram.segment().get(ValueLayout.JAVA_BYTE, offset + gpa - range.gpa()) & 0xff;
            }
            offset += range.length();
        }
        return -1;
    }

    private void mark(MemorySegment bitmap, long firstPage) {
        for (long at = 0; at < bitmap.byteSize(); at += Long.BYTES) {
            long bits = bitmap.get(ValueLayout.JAVA_LONG, at);
            while (bits != 0) {
                long page = firstPage + at * Byte.SIZE + Long.numberOfTrailingZeros(bits);
                ram.markDirty(page << PAGE_SHIFT);
                bits &= bits - 1;
            }
        }
    }
}
