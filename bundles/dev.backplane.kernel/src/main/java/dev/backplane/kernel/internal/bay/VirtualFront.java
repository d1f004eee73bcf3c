package dev.backplane.kernel.internal.bay;

import dev.backplane.api.console.ByteQueue;
import dev.backplane.api.console.ConsoleListener;
import dev.backplane.api.console.ConsolePort;
import dev.backplane.api.console.TerminalSize;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A console on virtual time. Bytes arrive between two turns of the vCPUs, and only those that the machine's journal lets in;
 * what the guest writes is always taken, so that the console's speed is nothing that it can see. Everything happens on the
 * thread that runs the vCPUs, or while it does not run, but for {@link #signalReadable} and {@link #signalWritable}.
 */
public final class VirtualFront extends ConsoleFront {
    private static final System.Logger LOG = System.getLogger(VirtualFront.class.getName());
    private static final int ARRIVED_BYTES = 4096;
    private static final byte[] NOTHING = {};

    private final String id;
    private final VirtualTime time;
    private final Consumer<Throwable> failures;
    private final ByteQueue arrived = new ByteQueue(ARRIVED_BYTES);
    private final byte[] chunk = new byte[ARRIVED_BYTES];
    private final Outlet outlet = new Outlet();
    private volatile @Nullable ConsolePort<?> port;
    /** The far end may have something to read. */
    private volatile boolean readable;
    /** It may have room. */
    private volatile boolean writable;
    /** The device has begun to listen. */
    private volatile boolean listening;

    private boolean dropping;

    VirtualFront(String id, VirtualTime time, Consumer<Throwable> failures) {
        this.id = id;
        this.time = time;
        this.failures = failures;
        time.add(this);
    }

    /** The console's bay. */
    public String id() {
        return id;
    }

    @Override
    boolean write(byte value) {
        writable = true;
        if (!outlet.put(value) && !dropping) {
            dropping = true;
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0}: the guest writes faster than the console takes: bytes are lost",
                    id);
        }
        return true;
    }

    @Override
    int read() {
        return arrived.poll();
    }

    /** Nobody records it. */
    @Override
    TerminalSize size() {
        return TerminalSize.UNKNOWN;
    }

    /**
     * Takes what the far end has for the guest, as far as there is room.
     *
     * @return the bytes, perhaps none; they have not reached the device yet: see {@link #deliver}
     */
    public byte[] take() {
        ConsolePort<?> from = port;
        int room = ARRIVED_BYTES - arrived.size();
        if (!readable || from == null || room == 0) {
            return NOTHING;
        }
        readable = false;
        int count = 0;
        try {
            int value = 0;
            while (count < room && (value = from.read()) >= 0) {
                chunk[count++] = (byte) value;
            }
            // Where the room was used up there may be more.
            readable |= value >= 0;
        } catch (RuntimeException | Error e) {
            failed(from, e);
        }
        return count == 0 ? NOTHING : Arrays.copyOf(chunk, count);
    }

    /**
     * Lets bytes reach the device.
     *
     * @param bytes as {@link #take} returned them, now or in the run that was recorded
     * @return false where there is no room, which cannot be where they were taken
     */
    public boolean deliver(byte[] bytes) {
        if (arrived.offer(bytes, 0, bytes.length) < bytes.length) {
            return false;
        }
        tell(ConsoleListener::readable);
        return true;
    }

    /** Tells a device that has begun to listen; once a turn. */
    public void settle() {
        if (listening) {
            listening = false;
            tell(ConsoleListener::readable);
            tell(ConsoleListener::writable);
        }
    }

    /** Hands what the guest wrote to the far end, as far as that takes it. */
    public void drain() {
        ConsolePort<?> to = port;
        if (!writable || to == null) {
            return;
        }
        writable = false;
        try {
            while (outlet.size() > 0 && to.write(outlet.first())) {
                outlet.removeFirst();
            }
            dropping &= outlet.size() > 0;
        } catch (RuntimeException | Error e) {
            failed(to, e);
        }
    }

    /**
     * Whether the guest has to wait until the far end has taken some.
     *
     * @return whether much is held
     */
    public boolean congested() {
        return outlet.size() >= Outlet.HIGH;
    }

    private void failed(ConsolePort<?> which, Throwable thrown) {
        if (which == port) {
            failures.accept(thrown);
        }
    }

    @Override
    void open(ConsolePort<?> to) {
        port = to;
        readable = true;
        writable = true;
    }

    /** What is still held gets its last chance. */
    @Override
    void close() {
        drain();
        port = null;
    }

    @Override
    void signalAll() {
        listening = true;
    }

    @Override
    void signalReadable() {
        readable = true;
        time.nudge();
    }

    @Override
    void signalWritable() {
        writable = true;
        time.nudge();
    }

    @Override
    void signalResized() {
        // The guest cannot know.
    }
}
