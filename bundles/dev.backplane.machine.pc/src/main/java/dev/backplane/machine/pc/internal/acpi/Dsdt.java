package dev.backplane.machine.pc.internal.acpi;

import dev.backplane.api.device.AcpiObject;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.machine.pc.internal.bus.MemoryMap;
import dev.backplane.machine.pc.internal.chip.PowerManagement;
import dev.backplane.machine.pc.internal.chip.ProcessorSlots;
import dev.backplane.machine.pc.internal.chip.ResetControl;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The table of devices: processors, what the board has at fixed places, and what is attached. */
final class Dsdt {
    private static final int REVISION = 2;
    /** "Motherboard resources". */
    private static final String BOARD = "PNP0C02";

    private static final Set<String> OWN = Set.of("_HID", "_UID", "_CCA", "_CRS");

    private Dsdt() {}

    static byte[] build(Processors processors, List<AttachedDevice> devices) throws ConfigurationException {
        List<byte[]> system = new ArrayList<>(processors.devices());
        system.add(board(processors));
        system.add(PciBus.device());
        Map<String, Integer> seen = new HashMap<>(Map.of(BOARD, 1));
        EventDevice events = new EventDevice();
        for (AttachedDevice device : devices) {
            if (device.shape().acpiId().isPresent()) {
                String hid = checked(device, device.shape().acpiId().get());
                int unit = seen.merge(hid, 1, Integer::sum) - 1;
                String name = "D%03X".formatted(system.size());
                system.add(device(name, device, hid, unit));
                events.add(name, device);
            }
        }
        events.device().ifPresent(system::add);
        TableWriter table = TableWriter.table("DSDT", REVISION)
                .put(Aml.name("_S5_", Aml.packageOf(PowerManagement.SOFT_OFF, PowerManagement.SOFT_OFF, 0, 0)))
                .put(Aml.scope("_SB_", system));
        if (processors.slots()) {
            table.put(processors.events());
        }
        return table.table();
    }

    /** What is there without being a device: nobody else may be given its addresses. */
    private static byte[] board(Processors processors) {
        ResourceTemplate resources = new ResourceTemplate()
                .ports(ResetControl.PORT_A, 1)
                .ports(0x4d0, 2)
                .ports(PowerManagement.PORT, PowerManagement.PORTS);
        if (processors.slots()) {
            resources.ports(ProcessorSlots.PORT, ProcessorSlots.SLOTS + processors.possible());
        }
        resources
                .memory(MemoryMap.ECAM, MemoryMap.ECAM_BYTES)
                .memory(MemoryMap.IO_APIC, MemoryMap.IO_APIC_BYTES)
                .memory(MemoryMap.LOCAL_APIC, MemoryMap.LOCAL_APIC_BYTES)
                .memory(MemoryMap.KVM_PAGES, MemoryMap.KVM_PAGES_BYTES);
        return Aml.device(
                "BORD",
                List.of(
                        Aml.name("_HID", Aml.hardwareId(BOARD)),
                        Aml.name("_UID", Aml.integer(0)),
                        Aml.name("_CRS", resources.buffer())));
    }

    private static byte[] device(String name, AttachedDevice device, String hid, int unit)
            throws ConfigurationException {
        List<byte[]> terms = new ArrayList<>();
        terms.add(Aml.name("_HID", Aml.hardwareId(hid)));
        terms.add(Aml.name("_UID", Aml.integer(unit)));
        if (device.hasMemory()) {
            terms.add(Aml.name("_CCA", Aml.integer(1)));
        }
        terms.add(Aml.name("_CRS", ResourceTemplate.of(device.shape()).buffer()));
        for (AcpiObject object : device.shape().acpi().objects()) {
            if (OWN.contains(object.name())) {
                throw new ConfigurationException(
                        "%s: ACPI name %s: that one is the board's".formatted(device.id(), object.name()));
            }
            terms.add(Aml.name(object.name(), Aml.value(object.value())));
        }
        return Aml.device(name, terms);
    }

    /** ACPI 6.5, 6.1.5: three letters and four digits, or four characters and four digits. */
    private static String checked(AttachedDevice device, String hid) throws ConfigurationException {
        if (!hid.matches("[A-Z]{3}[0-9A-F]{4}|[A-Z0-9]{4}[0-9A-F]{4}")) {
            throw new ConfigurationException(
                    "%s: ACPI identifier '%s': expected one like PNP0501 or ACPI0007".formatted(device.id(), hid));
        }
        return hid;
    }
}
