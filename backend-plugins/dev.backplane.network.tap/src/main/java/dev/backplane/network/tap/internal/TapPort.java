package dev.backplane.network.tap.internal;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.NetworkContext;
import dev.backplane.api.network.NetworkPort;
import dev.backplane.api.network.Offload;
import dev.backplane.api.network.VirtioHeader;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Measured;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.part.RevokedException;
import dev.backplane.natives.HostException;
import dev.backplane.natives.network.Tap;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Frames go straight between the device's threads and the interface, whose queue is the host's: none is kept here. A thread waits for the
 * next one to arrive, but only when the device has found that there is none, so that a guest that takes none costs nothing.
 */
final class TapPort implements NetworkPort<TapState>, Measured {
    static final String RESOURCE = "tap";

    private static final Duration FOREVER = Duration.ofDays(1);
    private static final int USUAL_MTU = 1500;
    private static final int LEAST_MTU = 68;
    private static final int MOST_MTU = 65_535;

    private final TapOptions options;
    private final NetworkContext context;
    private final Tap tap;
    private final int mtuBytes;
    private final LongAdder lost = new LongAdder();
    private final MemorySegment sending = packet();
    private final MemorySegment receiving = packet();
    private final Object sender = new Object();
    private boolean running;
    private boolean stopping;
    /** The device has found nothing, and wants to be told when there is something. */
    private boolean wanted;
    /** Whether the interface is this part's: from its first resume to its save. */
    private boolean owner;

    TapPort(TapOptions options, NetworkContext context, Tap tap) {
        this.options = options;
        this.context = context;
        this.tap = tap;
        mtuBytes = mtu(tap.name());
    }

    private static MemorySegment packet() {
        return Arena.ofAuto().allocate(VirtioHeader.BYTES + Frame.MOST_BYTES);
    }

    private static int mtu(String name) {
        // Java's NetworkInterface knows none without an address.
        try {
            String text = Files.readString(Path.of("/sys/class/net", name, "mtu"));
            return Math.clamp(Integer.parseInt(text.strip()), LEAST_MTU, MOST_MTU);
        } catch (IOException | NumberFormatException e) {
            return USUAL_MTU;
        }
    }

    /** What the interface does not take, since it is down or the header makes no sense to the host, is lost. */
    @Override
    public boolean send(Frame frame) {
        synchronized (sender) {
            VirtioHeader.write(sending, frame, false, 1);
            MemorySegment.copy(frame.memory(), 0, sending, VirtioHeader.BYTES, frame.length());
            try {
                if (!tap.write(sending.asSlice(0, VirtioHeader.BYTES + frame.length()))) {
                    lost.increment();
                }
            } catch (HostException e) {
                lost.increment();
            }
        }
        return true;
    }

    @Override
    public boolean receive(Frame frame) {
        try {
            for (int count = tap.read(receiving); count > 0; count = tap.read(receiving)) {
                int length = count - VirtioHeader.BYTES;
                if (length >= 0 && VirtioHeader.read(receiving, frame.reset(length), true)) {
                    MemorySegment.copy(receiving, VirtioHeader.BYTES, frame.memory(), 0, length);
                    return true;
                }
                lost.increment();
            }
        } catch (HostException e) {
            context.fail(tap.name() + ": " + e.getMessage(), e);
            return false;
        }
        want();
        return false;
    }

    private synchronized void want() {
        wanted = true;
        notifyAll();
    }

    @Override
    public Set<Offload> offloads() {
        return options.offloads() ? Set.of(Offload.CHECKSUM, Offload.TCP4, Offload.TCP6, Offload.TCP_ECN) : Set.of();
    }

    @Override
    public int mtuBytes() {
        return mtuBytes;
    }

    @Override
    public Map<String, Long> statistics() {
        return Map.of("lost-frames", lost.sum());
    }

    private void run() {
        try {
            while (awaitWish()) {
                if (tap.await(FOREVER)) {
                    context.readable();
                } else {
                    want();
                }
            }
        } catch (RevokedException late) {
            // Nobody wants it any more.
        } catch (HostException | InterruptedException e) {
            context.fail(tap.name() + ": " + e.getMessage(), e);
        } finally {
            synchronized (this) {
                running = false;
                notifyAll();
            }
        }
    }

    /** False when it has to stop. */
    private synchronized boolean awaitWish() throws InterruptedException {
        while (!wanted && !stopping) {
            wait();
        }
        wanted = false;
        return !stopping;
    }

    @Override
    public synchronized void quiesce(Deadline deadline) throws InterruptedException {
        stopping = true;
        notifyAll();
        tap.wake();
        while (running) {
            if (deadline.passed()) {
                throw new IllegalStateException(tap.name() + ": the thread that waits does not come back");
            }
            TimeUnit.NANOSECONDS.timedWait(this, deadline.remainingNanos());
        }
    }

    @Override
    public TapState save() {
        owner = false;
        return new TapState(tap.name());
    }

    @Override
    public synchronized void resume(Resumption why) {
        owner = true;
        stopping = false;
        wanted = true;
        if (!running) {
            running = true;
            context.executor().execute(this::run);
        }
    }

    @Override
    public void close() {
        if (owner) {
            owner = false;
            try {
                context.release(RESOURCE);
            } catch (RevokedException fenced) {
                // The interface stays with the bay, for whoever comes next.
            }
        }
    }
}
