package dev.backplane.machine.pc.internal.acpi;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.machine.pc.internal.boot.BootMemory;
import dev.backplane.machine.pc.internal.bus.MemoryMap;
import java.util.List;

/** Puts the tables where a search for them looks. */
public final class AcpiTables {
    private static final int RSDP_BYTES = 36;
    private static final int RSDP_FIRST_PART = 20;
    private static final int RSDP_CHECKSUM = 8;
    private static final int RSDP_EXTENDED_CHECKSUM = 32;
    private static final int FACS_BYTES = 64;
    private static final int FACS_VERSION = 2;
    private static final int ALIGNMENT = 64;

    private final byte[] area = new byte[(int) (MemoryMap.HIGH_MEMORY - MemoryMap.FIRMWARE)];
    private int next = ALIGNMENT;

    private AcpiTables() {}

    /**
     * Builds and places all tables.
     *
     * @param memory where they go
     * @param processors the processors
     * @param devices what is attached
     * @return the address of the root pointer
     * @throws ConfigurationException when an identifier is none, or there are more devices than the tables have room for
     */
    public static long place(BootMemory memory, Processors processors, List<AttachedDevice> devices)
            throws ConfigurationException {
        AcpiTables tables = new AcpiTables();
        tables.build(processors, devices);
        memory.place("firmware tables", MemoryMap.FIRMWARE, tables.area);
        return MemoryMap.FIRMWARE;
    }

    private void build(Processors processors, List<AttachedDevice> devices) throws ConfigurationException {
        int levelTriggered = 1 << Fadt.SCI;
        for (AttachedDevice device : devices) {
            levelTriggered |= device.levelTriggeredLines();
        }
        long facs = put("FACS", facs());
        long dsdt = put("DSDT", Dsdt.build(processors, devices));
        long fadt = put("FADT", Fadt.build(facs, dsdt, devices, processors.slots()));
        long madt = put("MADT", Madt.build(processors, levelTriggered));
        long mcfg = put("MCFG", PciBus.configurationTable());
        long xsdt = put(
                "XSDT",
                TableWriter.table("XSDT", 1).u64(fadt).u64(madt).u64(mcfg).table());
        System.arraycopy(rsdp(xsdt), 0, area, 0, RSDP_BYTES);
    }

    /** Where the table will be. */
    private long put(String what, byte[] table) throws ConfigurationException {
        if (table.length > area.length - next) {
            throw new ConfigurationException(
                    "firmware tables: %s of %d bytes does not fit below 1 MiB: attach fewer devices"
                            .formatted(what, table.length));
        }
        long place = MemoryMap.FIRMWARE + next;
        System.arraycopy(table, 0, area, next, table.length);
        next += (table.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        return place;
    }

    private static byte[] facs() {
        return new TableWriter()
                .text("FACS")
                .u32(FACS_BYTES)
                .zeros(24)
                .u8(FACS_VERSION)
                .zeros(FACS_BYTES - 33)
                .bytes();
    }

    /** ACPI 6.5, 5.2.5.3: two checksums, the first for ACPI 1.0's part. */
    private static byte[] rsdp(long xsdt) {
        byte[] pointer = new TableWriter()
                .text("RSD PTR ")
                .u8(0)
                .text("BCKPLN")
                .u8(2)
                .u32(0)
                .u32(RSDP_BYTES)
                .u64(xsdt)
                .u32(0)
                .bytes();
        pointer[RSDP_CHECKSUM] = TableWriter.checksum(pointer, RSDP_FIRST_PART);
        pointer[RSDP_EXTENDED_CHECKSUM] = TableWriter.checksum(pointer, RSDP_BYTES);
        return pointer;
    }
}
