package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.memory.RamRange;
import dev.backplane.machine.pc.internal.bus.MemoryMap;
import java.util.ArrayList;
import java.util.List;

/** The memory map as firmware reports it (ACPI 6.5, chapter 15). */
final class FirmwareMap {
    /** Free for the guest. */
    static final int RAM = 1;

    /** Not to be touched, not to be given to devices. */
    static final int RESERVED = 2;

    /** One range. */
    record Region(long gpa, long length, int type) {}

    private FirmwareMap() {}

    static List<Region> of(List<RamRange> ram) {
        List<Region> map = new ArrayList<>();
        map.add(region(0, MemoryMap.BASE_MEMORY_END, RAM));
        map.add(region(MemoryMap.BASE_MEMORY_END, MemoryMap.VIDEO, RESERVED));
        map.add(region(MemoryMap.FIRMWARE, MemoryMap.HIGH_MEMORY, RESERVED));
        for (RamRange range : ram) {
            long start = Math.max(range.gpa(), MemoryMap.HIGH_MEMORY);
            if (start < range.end() && range.end() <= MemoryMap.HOLE) {
                map.add(region(start, range.end(), RAM));
            }
        }
        map.add(new Region(MemoryMap.ECAM, MemoryMap.ECAM_BYTES, RESERVED));
        map.add(new Region(MemoryMap.KVM_PAGES, MemoryMap.KVM_PAGES_BYTES, RESERVED));
        for (RamRange range : ram) {
            if (range.gpa() >= MemoryMap.ABOVE_HOLE) {
                map.add(new Region(range.gpa(), range.length(), RAM));
            }
        }
        return List.copyOf(map);
    }

    private static Region region(long from, long to, int type) {
        return new Region(from, to - from, type);
    }
}
