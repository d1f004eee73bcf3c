package dev.backplane.device.virtio.console.internal;

import dev.backplane.api.console.Console;
import dev.backplane.api.console.TerminalSize;
import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.api.device.virtio.Virtqueue;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * One port: bytes between its queues and its console, and what the driver knows of it. The device's monitor guards it; the console never
 * blocks. A buffer of the guest's is given back as soon as its bytes have been copied, and the next one is taken when the console has
 * all of them: a guest waits for a slow console, and never with a buffer that cannot come back.
 */
final class Port {
    /** Linux sends 64 KiB at most at once; what a driver sends beyond this in one buffer is dropped. */
    static final int MOST_OUTPUT = 1 << 20;

    static final int MOST_INPUT = 4096;

    // What the driver is to be told, in the order of the bits.
    static final int REMOVE = 1;
    static final int ADD = 2;
    static final int CONSOLE = 4;
    static final int NAME = 8;
    static final int SIZE = 16;
    static final int OPEN = 32;
    private static final int ALL = 63;

    final byte[] name;
    private final boolean terminal;
    private final Console console;
    private boolean plugged;

    private boolean known;
    private boolean ready;
    private boolean open;
    private int owed;
    private volatile int size;

    private byte[] output;
    private int sent;
    private final byte[] input = new byte[MOST_INPUT];
    private int arrived;
    private int taken;

    Port(Console console, Optional<String> name, ConsoleState.PortState state) {
        this.console = console;
        this.name = name.orElse("").getBytes(StandardCharsets.US_ASCII);
        terminal = name.isEmpty();
        known = state.known();
        ready = state.ready();
        open = state.open();
        owed = state.owed() & ALL;
        plugged = known || (owed & ADD) != 0;
        output = state.output();
        arrived = state.input().length;
        System.arraycopy(state.input(), 0, input, 0, arrived);
    }

    ConsoleState.PortState save() {
        return new ConsoleState.PortState(
                known,
                ready,
                open,
                owed,
                Arrays.copyOfRange(output, sent, output.length),
                Arrays.copyOfRange(input, taken, arrived));
    }

    /** What the guest has sent is on its way and survives a reset, as on a wire. */
    void reset() {
        forgetDriver();
        owed = 0;
        arrived = 0;
        taken = 0;
    }

    private void forgetDriver() {
        known = false;
        ready = false;
        open = false;
    }

    // What the driver knows.

    /** It is there from now on, or is not. */
    void plug(boolean there, boolean driverReady) {
        if (there == plugged) {
            return;
        }
        plugged = there;
        if (there) {
            owed |= driverReady ? ADD : 0;
        } else {
            // What was still to be told of it is void; a driver that has never heard of it need not hear that it goes.
            owed = known ? REMOVE : owed & REMOVE;
            forgetDriver();
        }
    }

    /** A driver begins: it knows nothing yet. */
    void announce() {
        forgetDriver();
        owed = plugged ? ADD : 0;
    }

    /** The driver can use it. */
    void becomeReady() {
        if (known) {
            ready = true;
            owed |= OPEN | (terminal ? CONSOLE | SIZE : NAME);
        }
    }

    /** Somebody in the guest has opened or closed it. */
    void setOpen(boolean now) {
        open = known && now;
    }

    /** What its driver has been told, or finds, before anybody has looked. */
    void assume(int columns, int rows) {
        size = columns | rows << 16;
    }

    /**
     * Looks how large its terminal is now. Columns and rows that are not 0 go before what the console knows.
     *
     * @return whether it has another size than before
     */
    boolean measure(int columns, int rows) {
        TerminalSize known = console.size();
        int next = (columns > 0 ? columns : known.columns()) | (rows > 0 ? rows : known.rows()) << 16;
        boolean other = next != size;
        size = next;
        owed |= other && ready && terminal ? SIZE : 0;
        return other;
    }

    /** The size as the configuration and a message show it: columns, rows above them. */
    int size() {
        return size;
    }

    /** The next thing that the driver is to be told, as one bit; 0 for nothing. */
    int owes() {
        return Integer.lowestOneBit(owed);
    }

    void told(int what) {
        owed &= ~what;
        known |= what == ADD;
    }

    // Bytes.

    /** Takes what the guest sends, as long as the console takes it. */
    long transmit(Virtqueue queue) {
        long dropped = 0;
        while (drain()) {
            DescriptorChain chain = queue.next();
            if (chain == null) {
                break;
            }
            long bytes = plugged ? chain.readableBytes() : 0;
            byte[] copy = new byte[(int) Math.min(bytes, MOST_OUTPUT)];
            chain.read(0, MemorySegment.ofArray(copy));
            queue.complete(chain, 0);
            dropped += bytes - copy.length;
            output = copy;
            sent = 0;
        }
        return dropped;
    }

    /** Hands over what is held; true when nothing is left. */
    boolean drain() {
        while (sent < output.length && console.write(output[sent])) {
            sent++;
        }
        return sent == output.length;
    }

    /** A character that does not go through a queue (5.3.4); lost where the console is behind. */
    void emergency(byte value) {
        if (drain()) {
            console.write(value);
        }
    }

    /** Gives the guest what arrives, as long as it has room and, where ports are opened and closed, somebody reads. */
    void receive(Virtqueue queue, boolean multiport) {
        while ((open || !multiport) && plugged && fill()) {
            DescriptorChain chain = queue.next();
            if (chain == null) {
                return;
            }
            int bytes = (int) Math.min(chain.writableBytes(), arrived - taken);
            chain.write(0, MemorySegment.ofArray(input).asSlice(taken, bytes));
            taken += bytes;
            queue.complete(chain, bytes);
        }
    }

    /** Reads from the console where nothing is held; true when something is. */
    private boolean fill() {
        if (taken == arrived) {
            taken = 0;
            arrived = 0;
            int value;
            while (arrived < input.length && (value = console.read()) >= 0) {
                input[arrived++] = (byte) value;
            }
        }
        return taken < arrived;
    }
}
