package dev.backplane.device.serial.internal;

import java.util.Arrays;

/** The receiver's FIFO, of which one byte is used while FIFOs are off. Each byte carries whether it was a break. */
final class Receiver {
    private final byte[] bytes = new byte[Uart16550.FIFO_BYTES];
    private int count;
    /** The oldest byte's in bit 0. */
    private int breaks;

    Receiver(byte[] received, int breaks) {
        System.arraycopy(received, 0, bytes, 0, received.length);
        this.count = received.length;
        this.breaks = breaks;
    }

    int count() {
        return count;
    }

    void add(byte value, boolean isBreak) {
        bytes[count] = value;
        breaks |= isBreak ? 1 << count : 0;
        count++;
    }

    /** The oldest byte, taken out; 0 where there is none. */
    int take() {
        if (count == 0) {
            return 0;
        }
        int value = Byte.toUnsignedInt(bytes[0]);
        System.arraycopy(bytes, 1, bytes, 0, --count);
        breaks >>= 1;
        return value;
    }

    /** Whether the oldest byte is a break that was not reported yet; now it is. */
    boolean takeBreak() {
        boolean isBreak = (breaks & 1) != 0;
        breaks &= ~1;
        return isBreak;
    }

    boolean holdsBreak() {
        return breaks != 0;
    }

    void clear() {
        count = 0;
        breaks = 0;
    }

    byte[] received() {
        return Arrays.copyOf(bytes, count);
    }

    int breaks() {
        return breaks;
    }
}
