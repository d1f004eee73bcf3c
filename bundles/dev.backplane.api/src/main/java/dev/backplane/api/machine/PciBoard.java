package dev.backplane.api.machine;

import dev.backplane.api.device.pci.PciPort;
import org.osgi.annotation.versioning.ConsumerType;

/** Implemented by a {@link Board} that has a PCI bus: {@link Board#attach} takes shapes with a PCI function then. */
@ConsumerType
public interface PciBoard {
    /**
     * The interrupts of a device that has been attached. Called on a kernel thread.
     *
     * @param device the bay's identifier
     * @return its port; stays while parts come and go
     * @throws IllegalArgumentException when no PCI device of that name is attached
     */
    PciPort port(String device);
}
