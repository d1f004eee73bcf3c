package dev.backplane.api.device;

import dev.backplane.api.device.pci.PciFunction;
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
 */
public record Shape(
        List<Window> windows, List<Interrupt> interrupts, Optional<String> acpiId, Optional<PciFunction> pci) {
    /** Copies the lists. */
    public Shape {
        windows = List.copyOf(windows);
        interrupts = List.copyOf(interrupts);
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
        return new Shape(windows, more, acpiId, pci);
    }

    /**
     * With a hardware identifier for the firmware tables.
     *
     * @param id for instance {@code PNP0501}
     * @return a new shape
     */
    public Shape withAcpiId(String id) {
        return new Shape(windows, interrupts, Optional.of(id), pci);
    }

    /**
     * With a place on the PCI bus. The device serves the function's windows beside its own.
     *
     * @param function what the guest sees there
     * @return a new shape
     */
    public Shape withPci(PciFunction function) {
        return new Shape(windows, interrupts, acpiId, Optional.of(function));
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
        return new Shape(more, interrupts, acpiId, pci);
    }
}
