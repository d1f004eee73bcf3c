package dev.backplane.virtio.internal;

import dev.backplane.api.device.InterruptLine;
import dev.backplane.api.device.pci.PciPort;

/**
 * How the device interrupts the guest: by messages, or by its pin and the status register that says why (4.1.4.5, 4.1.5). Any thread; no
 * lock is held while the board is called.
 */
final class Interrupts {
    private static final int QUEUE = 1;
    private static final int CONFIGURATION = 2;

    private final PciPort pci;
    private final InterruptLine pin;
    private int status;

    Interrupts(PciPort pci) {
        this.pci = pci;
        pin = pci.pin();
    }

    /** A queue has used buffers. */
    void ofQueue(int vector) {
        raise(vector, QUEUE);
    }

    /** The configuration has changed, or the device needs a reset. The status says so with messages, too (4.1.4.5.1). */
    void ofConfiguration(int vector) {
        raise(vector, CONFIGURATION);
    }

    private void raise(int vector, int why) {
        boolean messages = pci.messagesEnabled();
        if (why == CONFIGURATION || !messages) {
            synchronized (this) {
                status |= why;
            }
        }
        if (messages) {
            pci.message(vector);
        } else {
            pin.set(true);
        }
    }

    /** Reads the status, which clears it and lowers the pin. */
    int take() {
        int taken;
        synchronized (this) {
            taken = status;
            status = 0;
        }
        pin.set(false);
        return taken;
    }

    /** Forgets why it interrupted; the pin follows with {@link #follow}. */
    synchronized void forget() {
        status = 0;
    }

    /** Brings the pin to what the status says. */
    void follow() {
        boolean up;
        synchronized (this) {
            up = status != 0;
        }
        pin.set(up && !pci.messagesEnabled());
    }

    synchronized int save() {
        return status;
    }

    synchronized void restore(int saved) {
        status = saved & (QUEUE | CONFIGURATION);
    }
}
