package dev.backplane.kernel.internal.bay;

import dev.backplane.api.device.InterruptLine;
import dev.backplane.api.device.pci.PciPort;

/** The PCI side of a device's bay: stays while parts come and go. */
final class BayPort {
    private final PciPort board;
    private final BayLine pin;

    BayPort(PciPort board) {
        this.board = board;
        pin = new BayLine(board.pin());
    }

    /** Nothing is asserted any more. */
    void clear() {
        pin.set(false);
    }

    /** One part's hold on it. */
    static final class Held implements PciPort {
        private final Bay bay;
        private final Lifeline lifeline;
        private final BayPort port;
        private final InterruptLine pin;

        Held(Bay bay, Lifeline lifeline, BayPort port) {
            this.bay = bay;
            this.lifeline = lifeline;
            this.port = port;
            pin = new BayLine.Held(bay, lifeline, port.pin);
        }

        @Override
        public boolean messagesEnabled() {
            lifeline.check();
            return port.board.messagesEnabled();
        }

        @Override
        public void message(int vector) {
            if (lifeline.acts()) {
                bay.surroundings().admit(bay.id(), "signals an interrupt");
                port.board.message(vector);
            }
        }

        @Override
        public InterruptLine pin() {
            return pin;
        }
    }
}
