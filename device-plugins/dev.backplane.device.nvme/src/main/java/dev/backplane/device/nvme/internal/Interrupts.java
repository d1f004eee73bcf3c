package dev.backplane.device.nvme.internal;

import dev.backplane.api.device.InterruptLine;
import dev.backplane.api.device.pci.PciPort;
import java.util.function.BooleanSupplier;

/**
 * How the controller interrupts the guest: a message for a completion, or its pin while a queue has some (NVMe 1.4, 7.5). Any thread,
 * without the controller's monitor.
 */
final class Interrupts {
    private final PciPort port;
    private final InterruptLine pin;
    private final BooleanSupplier asserted;

    /** @param asserted whether a pin would be up; takes the controller's monitor */
    Interrupts(PciPort port, BooleanSupplier asserted) {
        this.port = port;
        this.asserted = asserted;
        pin = port.pin();
    }

    /** A queue has a completion. */
    void signal(CompletionQueue queue) {
        if (!queue.interrupts) {
            return;
        }
        if (port.messagesEnabled()) {
            port.message(queue.vector);
        } else {
            follow();
        }
    }

    boolean messagesEnabled() {
        return port.messagesEnabled();
    }

    /** Brings the pin to what the queues say. In a monitor of its own, so that the last one who looks is the last one who sets. */
    synchronized void follow() {
        pin.set(asserted.getAsBoolean() && !port.messagesEnabled());
    }
}
