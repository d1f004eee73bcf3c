package dev.backplane.api.device;

import dev.backplane.api.device.pci.PciFunction;
import dev.backplane.api.memory.RamRange;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the guest sees of a device, as plain data. The bay owns it for the device's life, whichever part answers behind it:
 * two parts can replace each other only where their shapes are equal.
 *
 * @param windows register windows, each name once
 * @param interrupts interrupt lines, each name once
 * @param acpiId the hardware identifier under which the firmware tables list the device, if they do
 * @param pci what it is on the PCI bus, if it is there
 * @param acpi what the firmware tables say beyond that, where they list the device
 * @param ram memory that the device brings along, page-aligned: part of {@link DeviceContext#memory}, but the firmware tables do not tell
 *     of it. It is the machine's and stays when the part is replaced; at first it is zeros
 */
public record Shape(
        List<Window> windows,
        List<Interrupt> interrupts,
        Optional<String> acpiId,
        Optional<PciFunction> pci,
        AcpiNode acpi,
        List<RamRange> ram) {
    /** Copies the lists. */
    public Shape {
        windows = List.copyOf(windows);
        interrupts = List.copyOf(interrupts);
        ram = List.copyOf(ram);
    }

    /**
     * A device without memory of its own.
     *
     * @param windows register windows, each name once
     * @param interrupts interrupt lines, each name once
     * @param acpiId the hardware identifier under which the firmware tables list the device, if they do
     * @param pci what it is on the PCI bus, if it is there
     * @param acpi what the firmware tables say beyond that, where they list the device
     */
    public Shape(
            List<Window> windows,
            List<Interrupt> interrupts,
            Optional<String> acpiId,
            Optional<PciFunction> pci,
            AcpiNode acpi) {
        this(windows, interrupts, acpiId, pci, acpi, List.of());
    }

    /**
     * A device of which the firmware tables say nothing more.
     *
     * @param windows register windows, each name once
     * @param interrupts interrupt lines, each name once
     * @param acpiId the hardware identifier under which the firmware tables list the device, if they do
     * @param pci what it is on the PCI bus, if it is there
     */
    public Shape(List<Window> windows, List<Interrupt> interrupts, Optional<String> acpiId, Optional<PciFunction> pci) {
        this(windows, interrupts, acpiId, pci, AcpiNode.NONE);
    }

    /**
     * A device that is not on the PCI bus.
     *
     * @param windows register windows, each name once
     * @param interrupts interrupt lines, each name once
     * @param acpiId the hardware identifier under which the firmware tables list the device, if they do
     */
    public Shape(List<Window> windows, List<Interrupt> interrupts, Optional<String> acpiId) {
        this(windows, interrupts, acpiId, Optional.empty());
    }

    /**
     * A shape with nothing in it, to start from.
     *
     * @return no windows, no interrupts
     */
    public static Shape empty() {
        return new Shape(List.of(), List.of(), Optional.empty());
    }

    /**
     * With a window of I/O ports.
     *
     * @param name what the device calls it
     * @param base the first port
     * @param length how many ports
     * @return a new shape
     */
    public Shape withPorts(String name, int base, int length) {
        return with(new Window(name, Window.Space.PORT, base, length));
    }

    /**
     * With a window in memory.
     *
     * @param name what the device calls it
     * @param base its first guest-physical address
     * @param length its length in bytes
     * @return a new shape
     */
    public Shape withMemory(String name, long base, long length) {
        return with(new Window(name, Window.Space.MEMORY, base, length));
    }

    /**
     * With an edge-triggered interrupt line.
     *
     * @param name what the device calls it
     * @param line its number
     * @return a new shape
     */
    public Shape withInterrupt(String name, int line) {
        List<Interrupt> more = new ArrayList<>(interrupts);
        more.add(new Interrupt(name, line, Interrupt.Trigger.EDGE));
        return new Shape(windows, more, acpiId, pci, acpi, ram);
    }

    /**
     * With a hardware identifier for the firmware tables.
     *
     * @param id for instance {@code PNP0501}
     * @return a new shape
     */
    public Shape withAcpiId(String id) {
        return new Shape(windows, interrupts, Optional.of(id), pci, acpi, ram);
    }

    /**
     * With a further object in the device's node of the firmware tables.
     *
     * @param name for instance {@code _CID}
     * @param value a {@link Long}, a {@link String} or a {@link List} of them
     * @return a new shape
     */
    public Shape withAcpiObject(String name, Object value) {
        return new Shape(windows, interrupts, acpiId, pci, acpi.with(new AcpiObject(name, value)), ram);
    }

    /**
     * With an edge-triggered interrupt that the firmware takes, to notify the guest's driver of the device.
     *
     * @param name what the device calls it
     * @param line its number, which no other device has
     * @param value what the driver is notified with
     * @return a new shape
     */
    public Shape withAcpiNotification(String name, int line, int value) {
        Shape more = withInterrupt(name, line);
        return new Shape(windows, more.interrupts, acpiId, pci, acpi.with(new AcpiNode.Notification(name, value)), ram);
    }

    /**
     * With a place on the PCI bus. The device serves the function's windows beside its own.
     *
     * @param function what the guest sees there
     * @return a new shape
     */
    public Shape withPci(PciFunction function) {
        return new Shape(windows, interrupts, acpiId, Optional.of(function), acpi, ram);
    }

    /**
     * With memory of its own.
     *
     * @param gpa its first guest-physical address, a multiple of 4096
     * @param length its length in bytes, a multiple of 4096
     * @return a new shape
     */
    public Shape withRam(long gpa, long length) {
        List<RamRange> more = new ArrayList<>(ram);
        more.add(new RamRange(gpa, length));
        return new Shape(windows, interrupts, acpiId, pci, acpi, more);
    }

    /**
     * All windows that the device serves, those of its PCI function among them.
     *
     * @return their lengths in bytes by name
     */
    public Map<String, Long> served() {
        Map<String, Long> served = new LinkedHashMap<>();
        windows.forEach(window -> served.put(window.name(), window.length()));
        pci.ifPresent(function -> served.putAll(function.windows()));
        return served;
    }

    private Shape with(Window window) {
        List<Window> more = new ArrayList<>(windows);
        more.add(window);
        return new Shape(more, interrupts, acpiId, pci, acpi, ram);
    }
}
