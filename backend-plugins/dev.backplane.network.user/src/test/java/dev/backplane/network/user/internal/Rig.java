package dev.backplane.network.user.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.Segments;
import dev.backplane.api.part.ConfigurationException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** All protocols with a guest's queue that is a list, and time that only passes when the test says so. */
final class Rig implements AutoCloseable {
    static final long SEED = 20_261_130;

    final FakeContext context = new FakeContext();
    final Link link;
    final Poller poller;
    final Stack stack;
    final Deque<Seen> seen = new ArrayDeque<>();
    /** How many more frames the guest takes. */
    int room = Integer.MAX_VALUE;

    private final Segments segments = new Segments();
    private final Frame piece = new Frame();
    private final Frame given = new Frame();
    private final byte[] bytes = new byte[Frame.MOST_BYTES];
    private long now;

    Rig() {
        this(options());
    }

    Rig(UserOptions options) {
        try {
            link = Layout.link(options);
            poller = new Poller();
            stack = new Stack(
                    link,
                    this::send,
                    new Resolver(Layout.resolver(options), Path.of("/nonexistent"), () -> now),
                    new HostSockets(context, poller, 0),
                    context.executor(),
                    new Random(SEED),
                    () -> now,
                    options.connections());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ConfigurationException e) {
            throw new AssertionError(e);
        }
    }

    static UserOptions options() {
        return options(false, true, 1500, List.of());
    }

    static UserOptions options(boolean restrict, boolean loopback, int mtu, List<ForwardOptions> forward) {
        return new UserOptions(
                "10.0.2.0/24",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                true,
                true,
                "fec0::/64",
                mtu,
                Optional.empty(),
                restrict,
                loopback,
                32,
                forward);
    }

    private boolean send(Frame frame) {
        if (room == 0) {
            return false;
        }
        room--;
        assertTrue(segments.begin(frame), "a frame that leaves nonsense to do");
        while (segments.next(piece)) {
            assertTrue(piece.length() <= link.mtu() + 14, "a frame of " + piece.length() + " bytes");
            seen.add(new Seen(piece.toByteArray()));
        }
        return true;
    }

    /** The guest sends a frame. Frames that are taken are in a buffer that has other bytes behind them. */
    Rig give(byte[] frame) {
        java.util.Arrays.fill(bytes, (byte) 0xa5);
        System.arraycopy(frame, 0, bytes, 0, frame.length);
        given.reset(frame.length);
        stack.receive(bytes, given);
        work();
        return this;
    }

    void work() {
        stack.work(now);
    }

    void pass(Duration time) {
        now += time.toNanos();
        work();
    }

    /** Looks at sockets until the guest has got something. */
    Seen await() {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (seen.isEmpty()) {
            assertTrue(System.nanoTime() < end, "nothing has come");
            poll();
        }
        return seen.remove();
    }

    void poll() {
        try {
            poller.await(1_000_000);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        work();
    }

    /** The only frame that the guest got. */
    Seen only() {
        assertEquals(1, seen.size(), () -> "frames: " + seen);
        return seen.remove();
    }

    void nothing() {
        assertEquals(List.of(), new ArrayList<>(seen));
    }

    @Override
    public void close() {
        stack.close();
        stack.release();
        try {
            poller.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        assertEquals(java.util.Map.of(), context.resources, "sockets that were left");
        context.close();
    }
}
