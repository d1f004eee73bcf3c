package dev.backplane.machine.pc.internal.chip;

import java.util.Arrays;

/**
 * An I/O APIC with 24 inputs (Intel 290566), version 0x20: with the EOI register. Inputs are levels, up meaning asserted: the
 * polarity bit is kept and not looked at, since boards wire what they declare.
 */
final class IoApic {
    static final int INPUTS = 24;

    /** No input. */
    static final int NONE = -1;

    private static final int VERSION = 0x20;
    private static final int SELECT = 0x00;
    private static final int WINDOW = 0x10;
    private static final int EOI = 0x40;

    private static final long VECTOR = 0xff;
    private static final long LOGICAL = 1 << 11;
    private static final long REMOTE_IRR = 1 << 14;
    private static final long LEVEL = 1 << 15;
    private static final long MASKED = 1 << 16;
    private static final long LOW_WRITABLE = 0x1_afffL;
    private static final long HIGH_WRITABLE = 0xff00_0000_0000_0000L;
    private static final long LOW = 0xffff_ffffL;

    private final long[] entries = new long[INPUTS];
    private int id;
    private int selected;
    private int inputs;
    private int edges;

    IoApic() {
        reset();
    }

    /** Everything masked; inputs keep their levels. */
    void reset() {
        Arrays.fill(entries, MASKED);
        id = 0;
        selected = 0;
        edges = 0;
    }

    /** Sets the level of an input. An edge on a masked input is lost (290566, 3.2.4). */
    void input(int pin, boolean up) {
        int bit = 1 << pin;
        if (!up) {
            inputs &= ~bit;
            return;
        }
        if ((inputs & bit) == 0 && (entries[pin] & (LEVEL | MASKED)) == 0) {
            edges |= bit;
        }
        inputs |= bit;
    }

    /** An input that has a message to send, or {@link #NONE}. */
    int due() {
        for (int candidates = edges | inputs; candidates != 0; candidates &= candidates - 1) {
            int pin = Integer.numberOfTrailingZeros(candidates);
            long entry = entries[pin];
            boolean wanted = (entry & LEVEL) == 0
                    ? (edges & 1 << pin) != 0
                    : (inputs & 1 << pin) != 0 && (entry & REMOTE_IRR) == 0;
            if (wanted && (entry & MASKED) == 0) {
                return pin;
            }
        }
        return NONE;
    }

    /**
     * Takes the message of an input that is {@link #due}.
     *
     * @return the address in the upper half, the data in the lower (Intel SDM 3A, 12.11)
     */
    long take(int pin) {
        if ((entries[pin] & LEVEL) == 0) {
            edges &= ~(1 << pin);
        } else {
            entries[pin] |= REMOTE_IRR;
        }
        return message(entries[pin]);
    }

    /** A message that was taken may not have arrived: it is due again, unless the guest has changed its entry. */
    void repeat(int pin) {
        if ((entries[pin] & (LEVEL | MASKED)) == 0) {
            edges |= 1 << pin;
        } else {
            entries[pin] &= ~REMOTE_IRR;
        }
    }

    private static long message(long entry) {
        long destination = entry >>> 56;
        long address = 0xfee0_0000L | destination << 12 | ((entry & LOGICAL) != 0 ? 1 << 2 : 0);
        long deliveryAndVector = entry & 0x7ff;
        long asserted = 1 << 14;
        return address << 32 | entry & LEVEL | asserted | deliveryAndVector;
    }

    /** A local APIC has ended a level-triggered interrupt. */
    void endOfInterrupt(int vector) {
        for (int pin = 0; pin < INPUTS; pin++) {
            if ((entries[pin] & LEVEL) != 0 && (entries[pin] & VECTOR) == vector) {
                entries[pin] &= ~REMOTE_IRR;
            }
        }
    }

    long read(long offset) {
        if (offset == SELECT) {
            return selected;
        }
        if (offset != WINDOW) {
            return 0;
        }
        return switch (selected) {
            case 0, 2 -> (long) id << 24;
            case 1 -> (INPUTS - 1) << 16 | VERSION;
            default -> {
                int pin = selected - 0x10 >> 1;
                if (pin < 0 || pin >= INPUTS) {
                    yield 0;
                }
                yield (selected & 1) == 0 ? entries[pin] & LOW : entries[pin] >>> 32;
            }
        };
    }

    void write(long offset, long value) {
        if (offset == SELECT) {
            selected = (int) value & 0xff;
        } else if (offset == EOI) {
            endOfInterrupt((int) value & 0xff);
        } else if (offset == WINDOW) {
            writeSelected(value & LOW);
        }
    }

    private void writeSelected(long value) {
        if (selected == 0) {
            id = (int) (value >>> 24) & 0xf;
            return;
        }
        int pin = selected - 0x10 >> 1;
        if (pin < 0 || pin >= INPUTS) {
            return;
        }
        long entry = entries[pin];
        if ((selected & 1) != 0) {
            entries[pin] = entry & LOW | value << 32 & HIGH_WRITABLE;
            return;
        }
        long next = entry & ~LOW_WRITABLE | value & LOW_WRITABLE;
        if ((next & LEVEL) == 0) {
            next &= ~REMOTE_IRR;
        }
        if ((next & (LEVEL | MASKED)) != 0) {
            edges &= ~(1 << pin);
        }
        entries[pin] = next;
    }

    State save() {
        return new State(entries.clone(), id, selected, inputs, edges);
    }

    void restore(State state) {
        System.arraycopy(state.entries, 0, entries, 0, INPUTS);
        id = state.id & 0xf;
        selected = state.selected & 0xff;
        inputs = state.inputs;
        edges = state.edges;
    }

    /**
     * Its state.
     *
     * @param entries the redirection table, 24 entries
     * @param id its identifier
     * @param selected IOREGSEL
     * @param inputs the levels of the inputs
     * @param edges edges that have not been sent yet
     */
    public record State(long[] entries, int id, int selected, int inputs, int edges) {}
}
