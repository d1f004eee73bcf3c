package dev.backplane.itests.inside;

import dev.backplane.api.vm.AccessTap;
import java.io.ByteArrayOutputStream;

/** Hears what a guest sends through its two serial ports: what it writes to the transmit registers. */
final class PortRecorder implements AccessTap {
    private static final int[] BASES = {0x3f8, 0x2f8};

    private final Port[] ports = {new Port(), new Port()};

    /** As much of a 16550 as tells which writes transmit. */
    private static final class Port {
        private static final int LCR = 3;
        private static final int MCR = 4;
        private static final int DLAB = 0x80;
        private static final int LOOP = 0x10;

        final ByteArrayOutputStream sent = new ByteArrayOutputStream();
        int lcr;
        int mcr;

        void write(int register, int value) {
            switch (register) {
                case 0 -> {
                    if ((lcr & DLAB) == 0 && (mcr & LOOP) == 0) {
                        sent.write(value);
                    }
                }
                case LCR -> lcr = value;
                case MCR -> mcr = value;
                default -> {
                    // Transmits nothing.
                }
            }
        }
    }

    @Override
    public synchronized void access(boolean isPort, boolean write, long address, int size, long value) {
        if (!isPort || !write) {
            return;
        }
        for (int i = 0; i < BASES.length; i++) {
            for (int lane = 0; lane < size; lane++) {
                long register = address + lane - BASES[i];
                if (register >= 0 && register < 8) {
                    ports[i].write((int) register, (int) (value >>> 8 * lane) & 0xff);
                }
            }
        }
    }

    /** What was sent through the first or the second port so far. */
    synchronized byte[] sent(int port) {
        return ports[port - 1].sent.toByteArray();
    }
}
