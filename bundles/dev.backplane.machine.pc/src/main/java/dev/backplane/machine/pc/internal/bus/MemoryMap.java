package dev.backplane.machine.pc.internal.bus;

import dev.backplane.api.memory.RamRange;
import dev.backplane.api.part.ConfigurationException;
import java.util.ArrayList;
import java.util.List;

/** The guest-physical address space of {@code pc-1}. Nothing here may change: a new layout is a new board. */
public final class MemoryMap {
    /** Below it RAM is free for everybody; the kibibyte above belongs to firmware (extended BIOS data area). */
    public static final long BASE_MEMORY_END = 0x9_fc00L;

    /** The legacy video window: no RAM there, so that a display device may have it. */
    public static final long VIDEO = 0xa_0000L;

    /** The first address behind the legacy video window, RAM again. */
    public static final long VIDEO_END = 0xc_0000L;

    /** Firmware tables: where a search for the RSDP looks (ACPI 6.5, 5.2.5.1). */
    public static final long FIRMWARE = 0xe_0000L;

    /** The first address behind the firmware tables. */
    public static final long HIGH_MEMORY = 0x10_0000L;

    /** Where low RAM ends at the latest. What is between here and 4 GiB belongs to devices. */
    public static final long HOLE = 0xc000_0000L;

    /** Where RAM goes on behind the hole. */
    public static final long ABOVE_HOLE = 0x1_0000_0000L;

    /** Where BARs may be put below 4 GiB: from the hole's begin to the configuration space. */
    public static final long PCI_MEMORY = HOLE;

    /** The length of that range. */
    public static final long PCI_MEMORY_BYTES = 0x2000_0000L;

    /** Where BARs may be put above 4 GiB: behind the most RAM that there may be. */
    public static final long PCI_HIGH_MEMORY = 0xc0_0000_0000L;

    /** The length of that range, to the end of 40 bits of physical address. */
    public static final long PCI_HIGH_MEMORY_BYTES = 0x40_0000_0000L;

    /** Where addresses end. */
    public static final long END = PCI_HIGH_MEMORY + PCI_HIGH_MEMORY_BYTES;

    /** PCI Express configuration space: 256 buses of 1 MiB. */
    public static final long ECAM = 0xe000_0000L;

    /** The length of the PCI Express configuration space. */
    public static final long ECAM_BYTES = 0x1000_0000L;

    /** The I/O APIC's registers. */
    public static final long IO_APIC = 0xfec0_0000L;

    /** The length of the I/O APIC's registers. */
    public static final long IO_APIC_BYTES = 0x1000;

    /** The local APICs' registers, which the CPU backend answers, and the messages to them. */
    public static final long LOCAL_APIC = 0xfee0_0000L;

    /** The length of the range in which a write is an interrupt message (Intel SDM 3A, 12.11.1). */
    public static final long LOCAL_APIC_BYTES = 0x10_0000L;

    /** Pages that KVM needs in the guest's address space on some hosts: identity map, then three of TSS. */
    public static final long KVM_PAGES = 0xfeff_c000L;

    /** The length of KVM's pages. */
    public static final long KVM_PAGES_BYTES = 0x4000;

    private static final long PAGE = 0x1000;
    private static final long SMALLEST = 1L << 20;
    /** With the hole and room for large PCI windows above, still within 40 bits of physical address. */
    private static final long LARGEST = 512L << 30;

    private MemoryMap() {}

    /**
     * Where RAM lies.
     *
     * @param memoryBytes how much of the address space is RAM; the 128 KiB under the legacy video window are lost, as on a
     *     PC
     * @return the ranges, ascending
     * @throws ConfigurationException when it is too little, too much or no whole number of pages
     */
    public static List<RamRange> ram(long memoryBytes) throws ConfigurationException {
        if (memoryBytes < SMALLEST || memoryBytes > LARGEST) {
            throw new ConfigurationException("%d bytes: pc-1 takes from 1 MiB to 512 GiB".formatted(memoryBytes));
        }
        if (memoryBytes % PAGE != 0) {
            throw new ConfigurationException("memory: %d bytes: must be a multiple of 4 KiB; the next is %d"
                    .formatted(memoryBytes, roundUp(memoryBytes)));
        }
        List<RamRange> ranges = new ArrayList<>();
        ranges.add(new RamRange(0, VIDEO));
        ranges.add(new RamRange(VIDEO_END, Math.min(memoryBytes, HOLE) - VIDEO_END));
        if (memoryBytes > HOLE) {
            ranges.add(new RamRange(ABOVE_HOLE, memoryBytes - HOLE));
        }
        return List.copyOf(ranges);
    }

    private static long roundUp(long bytes) {
        return (bytes + PAGE - 1) / PAGE * PAGE;
    }
}
