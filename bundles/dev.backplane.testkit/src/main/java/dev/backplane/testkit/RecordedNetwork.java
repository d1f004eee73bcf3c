package dev.backplane.testkit;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.Network;
import dev.backplane.api.network.NetworkListener;
import dev.backplane.api.network.Offload;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A network that keeps what it is sent and hands out what the test delivers. It outlives the parts that use it. */
public final class RecordedNetwork implements Network {
    private final List<Frame> sent = new ArrayList<>();
    private final Queue<Frame> arrived = new ArrayDeque<>();
    private Set<Offload> offloads = Set.of();
    private boolean up = true;
    private int mtuBytes = 1500;
    private long room = Long.MAX_VALUE;
    private @Nullable NetworkListener listener;

    @Override
    public synchronized boolean send(Frame frame) {
        if (room == 0 || !frame.asksOnlyFor(offloads)) {
            return false;
        }
        room--;
        sent.add(copy(frame));
        return true;
    }

    private static Frame copy(Frame frame) {
        return new Frame(MemorySegment.ofArray(new byte[frame.length()])).set(frame);
    }

    @Override
    public synchronized boolean receive(Frame frame) {
        Frame next = arrived.poll();
        if (next != null) {
            frame.set(next);
        }
        return next != null;
    }

    @Override
    public synchronized Set<Offload> offloads() {
        return offloads;
    }

    @Override
    public synchronized boolean isUp() {
        return up;
    }

    @Override
    public synchronized int mtuBytes() {
        return mtuBytes;
    }

    @Override
    public synchronized void listen(NetworkListener listener) {
        this.listener = listener;
    }

    /**
     * Takes this many more frames and then none, and tells the listener if that is any.
     *
     * @param frames how many; {@link Long#MAX_VALUE} for no limit
     */
    public void setRoom(long frames) {
        synchronized (this) {
            room = frames;
        }
        if (frames > 0) {
            tell(NetworkListener::writable);
        }
    }

    /**
     * Pulls the cable out or puts it in.
     *
     * @param isIn whether it is in
     */
    public void setUp(boolean isIn) {
        synchronized (this) {
            up = isIn;
        }
        tell(NetworkListener::linkChanged);
    }

    /**
     * Takes other offloads from now on.
     *
     * @param taken what it does
     */
    public void setOffloads(Set<Offload> taken) {
        synchronized (this) {
            offloads = Set.copyOf(taken);
        }
        tell(NetworkListener::linkChanged);
    }

    /**
     * Has another MTU, before a device looks at it.
     *
     * @param bytes its MTU
     */
    public synchronized void setMtuBytes(int bytes) {
        mtuBytes = bytes;
    }

    /**
     * A frame arrives.
     *
     * @param frame copied
     */
    public void deliver(Frame frame) {
        synchronized (this) {
            arrived.add(copy(frame));
        }
        tell(NetworkListener::readable);
    }

    /**
     * A frame with nothing left to do arrives.
     *
     * @param bytes all of it
     */
    public void deliver(byte[] bytes) {
        deliver(new Frame(MemorySegment.ofArray(new byte[bytes.length])).set(bytes));
    }

    /**
     * What the device has sent so far.
     *
     * @return copies of the frames, oldest first
     */
    public synchronized List<Frame> sent() {
        return List.copyOf(sent);
    }

    /**
     * Frames that were delivered and not taken yet.
     *
     * @return how many
     */
    public synchronized int waiting() {
        return arrived.size();
    }

    private void tell(Consumer<NetworkListener> what) {
        NetworkListener told;
        synchronized (this) {
            told = listener;
        }
        if (told != null) {
            what.accept(told);
        }
    }

    /** Forgets the listener, whose part is gone. */
    synchronized void forgetListener() {
        listener = null;
    }
}
