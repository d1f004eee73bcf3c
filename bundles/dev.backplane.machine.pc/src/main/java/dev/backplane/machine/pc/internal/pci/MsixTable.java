package dev.backplane.machine.pc.internal.pci;

import dev.backplane.api.cpu.Partition;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.machine.pc.internal.pci.Wires.Message;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * The MSI-X vectors of one function (PCI Local Bus 3.0, 6.8.2): the table, and the pending bits in the second half of their BAR. Any
 * thread. A message goes out with the monitor left: by the vector's wire where the engine has such, else to the sink.
 */
final class MsixTable implements RegisterHandler {
    /** Where messages go. */
    @FunctionalInterface
    interface Sink {
        /** Sends one. */
        void message(long address, int data);
    }

    private static final int ENTRY_WORDS = 4;
    private static final int DATA = 2;
    private static final int CONTROL = 3;
    private static final int MASKED = 1;
    /** Half a page each: all of it in a page that holds nothing else. */
    private static final int LEAST_HALF = 2048;

    private final int vectors;
    private final int half;
    private final Sink sink;
    private final int[] words;
    private final BitSet pending;
    private final Wires wires;
    /** Written with the monitor held, as all of this. */
    private volatile boolean enabled;

    private boolean functionMasked;
    private boolean master;

    MsixTable(int vectors, Sink sink) {
        this.vectors = vectors;
        this.sink = sink;
        half = Math.max(LEAST_HALF, Integer.highestOneBit(2 * (vectors * 4 * ENTRY_WORDS) - 1));
        words = new int[vectors * ENTRY_WORDS];
        pending = new BitSet(vectors);
        wires = new Wires(vectors, this::message, this);
        reset();
    }

    /** The length of its BAR. */
    int bytes() {
        return 2 * half;
    }

    /** Where in the BAR the pending bits are. */
    int pendingOffset() {
        return half;
    }

    boolean isEnabled() {
        return enabled;
    }

    /** Signals a vector, or notes that it is pending. */
    void signal(int vector) {
        if (vector >= 0 && vector < vectors && !wires.signal(vector)) {
            send(vector);
        }
    }

    private void send(int vector) {
        long address;
        int data;
        synchronized (this) {
            if (!enabled) {
                return;
            }
            if (isMasked(vector)) {
                pending.set(vector);
                return;
            }
            if (!master) {
                // A message is a write to memory, which takes a bus master (PCI Local Bus 3.0, 6.8).
                return;
            }
            address = address(vector);
            data = data(vector);
        }
        sink.message(address, data);
    }

    /**
     * What the function's registers say. What is pending and no longer masked goes out with {@link #flush}.
     *
     * @param nowEnabled whether messages are on
     * @param nowMasked whether all vectors are masked
     * @param nowMaster whether the function may write to memory
     */
    synchronized void control(boolean nowEnabled, boolean nowMasked, boolean nowMaster) {
        if (enabled != nowEnabled || functionMasked != nowMasked || master != nowMaster) {
            enabled = nowEnabled;
            functionMasked = nowMasked;
            master = nowMaster;
            wires.allChanged();
        }
    }

    private @Nullable Message message(int vector) {
        return enabled && master && !isMasked(vector) ? new Message(address(vector), data(vector)) : null;
    }

    /** Names the engine. */
    void connect(@Nullable Partition engine) {
        wires.connect(engine);
    }

    /** The function leaves the machine. */
    void release() {
        wires.release();
    }

    /** Sends what is pending and not masked, and has the engine's wires follow. */
    void flush() {
        sendPending();
        wires.follow();
    }

    private void sendPending() {
        for (int vector = nextDue(); vector >= 0; vector = nextDue()) {
            send(vector);
        }
    }

    private synchronized int nextDue() {
        if (!enabled || functionMasked) {
            return -1;
        }
        for (int vector = pending.nextSetBit(0); vector >= 0; vector = pending.nextSetBit(vector + 1)) {
            if (!isMasked(vector)) {
                pending.clear(vector);
                return vector;
            }
        }
        return -1;
    }

    private boolean isMasked(int vector) {
        return functionMasked || (words[vector * ENTRY_WORDS + CONTROL] & MASKED) != 0;
    }

    private long address(int vector) {
        int at = vector * ENTRY_WORDS;
        return Integer.toUnsignedLong(words[at]) | (long) words[at + 1] << 32;
    }

    private int data(int vector) {
        return words[vector * ENTRY_WORDS + DATA];
    }

    @Override
    public synchronized long read(long offset, int size) {
        long word = Integer.toUnsignedLong(word((int) offset & -4));
        if (size == 8) {
            return word | (long) word((int) (offset & -4) + 4) << 32;
        }
        return word >>> 8 * (offset & 3);
    }

    private int word(int offset) {
        if (offset < half) {
            return offset / 4 < words.length ? words[offset / 4] : 0;
        }
        int first = (offset - half) * 8;
        int bits = 0;
        for (int i = 0; i < 32 && first + i < vectors; i++) {
            bits |= pending.get(first + i) ? 1 << i : 0;
        }
        return bits;
    }

    /** Whole words only: others are undefined (6.8.2). */
    @Override
    public void write(long offset, int size, long value) {
        if (size < 4 || (offset & 3) != 0) {
            return;
        }
        synchronized (this) {
            put((int) offset / 4, (int) value);
            if (size == 8) {
                put((int) offset / 4 + 1, (int) (value >>> 32));
            }
        }
        flush();
    }

    private void put(int word, int value) {
        if (word < words.length) {
            words[word] = word % ENTRY_WORDS == CONTROL ? value & MASKED : word % ENTRY_WORDS == 0 ? value & ~3 : value;
            wires.changed(word / ENTRY_WORDS);
        }
    }

    synchronized void reset() {
        for (int i = 0; i < words.length; i++) {
            words[i] = i % ENTRY_WORDS == CONTROL ? MASKED : 0;
        }
        pending.clear();
        enabled = false;
        functionMasked = false;
        wires.allChanged();
    }

    synchronized State save() {
        int[] table = words.clone();
        long[] saved = new long[table.length];
        for (int i = 0; i < table.length; i++) {
            saved[i] = table[i];
        }
        return new State(saved, pending.toByteArray());
    }

    /** Takes table and pending bits; what the capability says comes by {@link #control}. */
    synchronized void restore(State state) {
        for (int i = 0; i < words.length && i < state.words.length; i++) {
            put(i, (int) state.words[i]);
        }
        pending.clear();
        pending.or(BitSet.valueOf(state.pending));
        pending.clear(vectors, Math.max(vectors, pending.length()));
    }

    /**
     * Its state.
     *
     * @param words the table
     * @param pending the pending bits, the lowest vector in the lowest bit of the first byte
     */
    public record State(long[] words, byte[] pending) {}
}
