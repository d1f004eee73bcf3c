package dev.backplane.machine.pc.internal.chip;

import dev.backplane.api.device.RegisterHandler;
import java.util.BitSet;
import java.util.function.IntConsumer;

/**
 * Processors that come and go: a block of general-purpose events (ACPI 6.5, 4.8.4), and a register of a byte for each processor, for the
 * methods of the DSDT. What its bits mean is this board's. Guarded by the monitor of {@link Interrupts}.
 */
public final class ProcessorSlots {
    /** The first port: the event block, status and enable. */
    public static final int PORT = 0x610;

    /** How many ports the event block has. */
    public static final int EVENT_BYTES = 2;

    /** The first processor's register, from {@link #PORT}. */
    public static final int SLOTS = 0x10;

    /** Whether the guest has the processor. */
    public static final int PRESENT = 1;

    /** It has come; written as one it is known. */
    public static final int INSERTED = 1 << 1;

    /** It is asked for; written as one that is known. */
    public static final int WANTED = 1 << 2;

    /** Written as one the guest gives it back; reads zero. */
    public static final int EJECT = 1 << 3;

    /** The only event there is: some processor has come or is asked for. */
    private static final int CHANGED = 1;

    private final Interrupts interrupts;
    private final Interrupts.Line sci;
    private final IntConsumer ejected;
    private final int possible;
    private final BitSet present = new BitSet();
    private final BitSet inserted = new BitSet();
    private final BitSet wanted = new BitSet();
    private int status;
    private int enable;

    /**
     * The state after power-on.
     *
     * @param interrupts guards it
     * @param sci the system control interrupt
     * @param count how many processors the guest has
     * @param possible how many it may have
     * @param ejected called without a lock when the guest has given one back; must not block
     */
    public ProcessorSlots(Interrupts interrupts, Interrupts.Line sci, int count, int possible, IntConsumer ejected) {
        this.interrupts = interrupts;
        this.sci = sci;
        this.possible = possible;
        this.ejected = ejected;
        present.set(0, count);
    }

    /** How many ports there are. */
    public int ports() {
        return SLOTS + possible;
    }

    /** Its registers, byte by byte. */
    public RegisterHandler registers() {
        return new ByteRegisters() {
            @Override
            public int readByte(int offset) {
                return ProcessorSlots.this.read(offset);
            }

            @Override
            public void writeByte(int offset, int value) {
                ProcessorSlots.this.write(offset, value);
            }
        };
    }

    private int read(int offset) {
        synchronized (interrupts) {
            if (offset >= SLOTS) {
                int slot = offset - SLOTS;
                return (present.get(slot) ? PRESENT : 0)
                        | (inserted.get(slot) ? INSERTED : 0)
                        | (wanted.get(slot) ? WANTED : 0);
            }
            return offset == 0 ? status : offset == 1 ? enable : 0;
        }
    }

    private void write(int offset, int value) {
        int leaves = 0;
        synchronized (interrupts) {
            if (offset == 0) {
                status &= ~value;
            } else if (offset == 1) {
                enable = value & CHANGED;
            } else if (offset >= SLOTS) {
                int slot = offset - SLOTS;
                if ((value & INSERTED) != 0) {
                    inserted.clear(slot);
                }
                if ((value & WANTED) != 0) {
                    wanted.clear(slot);
                }
                // The boot processor stays.
                if ((value & EJECT) != 0 && slot > 0 && present.get(slot)) {
                    present.clear(slot);
                    inserted.clear(slot);
                    wanted.clear(slot);
                    leaves = slot;
                }
            }
            update();
        }
        interrupts.deliver();
        if (leaves > 0) {
            ejected.accept(leaves);
        }
    }

    private void update() {
        sci.level((status & enable) != 0);
    }

    /** The processors that the guest has. */
    public BitSet present() {
        synchronized (interrupts) {
            return (BitSet) present.clone();
        }
    }

    /** Gives the guest a processor. */
    public void insert(int slot) {
        synchronized (interrupts) {
            present.set(slot);
            inserted.set(slot);
            status |= CHANGED;
            update();
        }
        interrupts.deliver();
    }

    /** Asks the guest for a processor, unless it has just given that back. */
    public void ask(int slot) {
        synchronized (interrupts) {
            if (present.get(slot)) {
                wanted.set(slot);
                status |= CHANGED;
                update();
            }
        }
        interrupts.deliver();
    }

    /** The state after power-on, with the processors that the guest has now. */
    public void reset() {
        synchronized (interrupts) {
            inserted.clear();
            wanted.clear();
            status = 0;
            enable = 0;
            update();
        }
        interrupts.deliver();
    }

    /** Its state. */
    public State save() {
        synchronized (interrupts) {
            return new State(status, enable, present.toLongArray(), inserted.toLongArray(), wanted.toLongArray());
        }
    }

    /** Goes on from a saved state. */
    public void restore(State state) {
        synchronized (interrupts) {
            status = state.status & CHANGED;
            enable = state.enable & CHANGED;
            copy(state.present, present);
            present.set(0);
            copy(state.inserted, inserted);
            copy(state.wanted, wanted);
            update();
        }
        interrupts.deliver();
    }

    private void copy(long[] saved, BitSet to) {
        to.clear();
        to.or(BitSet.valueOf(saved));
        to.clear(possible, Math.max(possible, to.length()));
    }

    /**
     * Its state; processors as bits.
     *
     * @param status of the events
     * @param enable of the events
     * @param present which the guest has
     * @param inserted which have come without its knowing yet
     * @param wanted which are asked for without its knowing yet
     */
    public record State(int status, int enable, long[] present, long[] inserted, long[] wanted) {}
}
