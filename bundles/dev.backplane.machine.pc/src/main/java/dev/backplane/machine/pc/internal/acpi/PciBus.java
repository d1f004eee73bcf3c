package dev.backplane.machine.pc.internal.acpi;

import dev.backplane.machine.pc.internal.bus.MemoryMap;
import dev.backplane.machine.pc.internal.pci.PciRoot;
import java.util.ArrayList;
import java.util.List;

/** The PCI bus in the tables: its device in the DSDT (PCI Firmware 3.3, chapter 4) and the MCFG. */
final class PciBus {
    private static final int LAST_BUS = 255;
    private static final int DEVICES = 32;
    private static final int PINS = 4;

    private static final int ARGUMENT_0 = 0x68;
    private static final int ARGUMENT_3 = 0x6b;
    private static final int AND = 0x7b;
    private static final int OR = 0x7d;
    private static final int CREATE_DWORD_FIELD = 0x8a;
    private static final int EQUAL = 0x93;
    private static final int IF = 0xa0;
    private static final int RETURN = 0xa4;

    /** 33DB4D5B-1FF7-401C-9657-7441C03DD766, as a buffer has it (ACPI 6.5, 19.6.142). */
    private static final byte[] HOST_BRIDGE_CAPABILITIES = {
        0x5b,
        0x4d,
        (byte) 0xdb,
        0x33,
        (byte) 0xf7,
        0x1f,
        0x1c,
        0x40,
        (byte) 0x96,
        0x57,
        0x74,
        0x41,
        (byte) 0xc0,
        0x3d,
        (byte) 0xd7,
        0x66
    };
    /** Native hot-plug, power management events, the capability structure (PCI Firmware 3.3, table 4-5). */
    private static final int GRANTED = 1 | 1 << 2 | 1 << 4;

    private static final int UNRECOGNISED_UUID = 1 << 2;

    private PciBus() {}

    /** The bus as a device. */
    static byte[] device() {
        byte[] resources = new ResourceTemplate()
                .busNumbers(LAST_BUS)
                .ports(PciRoot.PORT, PciRoot.PORTS)
                .portWindow(0, PciRoot.PORT)
                .portWindow(PciRoot.PORT + PciRoot.PORTS, 0x1_0000 - PciRoot.PORT - PciRoot.PORTS)
                .memoryWindow(MemoryMap.PCI_MEMORY, MemoryMap.PCI_MEMORY_BYTES)
                .memoryWindow(MemoryMap.PCI_HIGH_MEMORY, MemoryMap.PCI_HIGH_MEMORY_BYTES)
                .buffer();
        return Aml.device(
                "PCI0",
                List.of(
                        Aml.name("_HID", Aml.hardwareId("PNP0A08")),
                        Aml.name("_CID", Aml.hardwareId("PNP0A03")),
                        Aml.name("_UID", Aml.integer(0)),
                        Aml.name("_SEG", Aml.integer(0)),
                        Aml.name("_BBN", Aml.integer(0)),
                        Aml.name("_CCA", Aml.integer(1)),
                        Aml.name("_CRS", resources),
                        Aml.name("_PRT", routes()),
                        capabilities()));
    }

    /** Which line each pin leads to (ACPI 6.5, 6.2.13). */
    private static byte[] routes() {
        List<byte[]> routes = new ArrayList<>();
        for (int device = 0; device < DEVICES; device++) {
            for (int pin = 0; pin < PINS; pin++) {
                routes.add(Aml.packageOf((long) device << 16 | 0xffff, pin, 0, PciRoot.line(device, pin)));
            }
        }
        return Aml.packageOf(routes);
    }

    /** The operating system asks what it may control itself (ACPI 6.5, 6.2.11). */
    private static byte[] capabilities() {
        return Aml.serializedMethod(
                "_OSC",
                4,
                Aml.operator(CREATE_DWORD_FIELD, argument(ARGUMENT_3), Aml.integer(0), name("CDW1")),
                Aml.operator(CREATE_DWORD_FIELD, argument(ARGUMENT_3), Aml.integer(8), name("CDW3")),
                Aml.block(
                        IF,
                        Aml.operator(EQUAL, argument(ARGUMENT_0), Aml.buffer(HOST_BRIDGE_CAPABILITIES)),
                        Aml.operator(AND, name("CDW3"), Aml.integer(GRANTED), name("CDW3")),
                        Aml.operator(RETURN, argument(ARGUMENT_3))),
                Aml.operator(OR, name("CDW1"), Aml.integer(UNRECOGNISED_UUID), name("CDW1")),
                Aml.operator(RETURN, argument(ARGUMENT_3)));
    }

    private static byte[] argument(int argument) {
        return new byte[] {(byte) argument};
    }

    private static byte[] name(String name) {
        return new TableWriter().text(name).bytes();
    }

    /** Where configuration space is in memory (PCI Firmware 3.3, 4.1.2). */
    static byte[] configurationTable() {
        return TableWriter.table("MCFG", 1)
                .zeros(8)
                .u64(MemoryMap.ECAM)
                .u16(0)
                .u8(0)
                .u8(LAST_BUS)
                .u32(0)
                .table();
    }
}
