package dev.backplane.network.user.internal;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.NetworkContext;
import dev.backplane.api.network.NetworkPort;
import dev.backplane.api.network.Offload;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Measured;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A queue in each direction between the device and the loop, on whose thread everything else happens. */
final class UserPort implements NetworkPort<UserState>, Measured {
    private static final Set<Offload> OFFLOADS = Set.of(Offload.CHECKSUM, Offload.TCP4, Offload.TCP6);

    private final Link link;
    private final Listeners listeners;
    private final Stack stack;
    private final Loop loop;
    private final Poller poller;
    private UserState restored;
    private boolean started;
    /** Whether sockets are this part's: from its first resume to its save. */
    private boolean owner;

    private UserPort(
            UserOptions options, NetworkContext context, Link link, Listeners listeners, Poller poller, UserState state)
            throws ConfigurationException {
        this.link = link;
        this.listeners = listeners;
        this.poller = poller;
        this.restored = state;
        Clock clock = new Clock(System::nanoTime);
        loop = new Loop(context, poller, clock);
        stack = new Stack(
                link,
                loop,
                new Resolver(Layout.resolver(options), Resolver.CONFIGURATION, clock),
                new HostSockets(context, poller, state.nextSocket()),
                context.executor(),
                context.random(),
                clock,
                options.connections());
        stack.restore(state);
        loop.serve(stack, this::start);
    }

    static UserPort open(UserOptions options, NetworkContext context, UserState state) throws ConfigurationException {
        Link link = Layout.link(options);
        Listeners listeners = Listeners.open(context, Layout.forwards(options, link));
        try {
            Poller poller = new Poller();
            try {
                return new UserPort(options, context, link, listeners, poller, state);
            } catch (ConfigurationException | RuntimeException e) {
                poller.close();
                throw e;
            }
        } catch (IOException e) {
            throw new ConfigurationException("the host gives no selector: " + e.getMessage(), e);
        }
    }

    List<Forward> forwards() {
        return listeners.forwards();
    }

    /** Takes over what is on its way. */
    void restoreFrames(UserState state) throws StateException {
        loop.restore(state);
    }

    @Override
    public boolean send(Frame frame) {
        return loop.offer(frame);
    }

    @Override
    public boolean receive(Frame frame) {
        return loop.poll(frame);
    }

    @Override
    public Set<Offload> offloads() {
        return OFFLOADS;
    }

    @Override
    public int mtuBytes() {
        return link.mtu();
    }

    @Override
    public Map<String, Long> statistics() {
        return loop.statistics();
    }

    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {
        loop.stop(deadline);
    }

    @Override
    public UserState save() {
        owner = false;
        return loop.save();
    }

    @Override
    public void resume(Resumption why) {
        owner = true;
        loop.start();
    }

    /** The first thing that the loop does in its life. */
    private void start() throws IOException {
        if (started) {
            return;
        }
        started = true;
        try {
            listeners.start(stack.forwards());
        } catch (ConfigurationException e) {
            throw new IOException(e.getMessage(), e);
        }
        stack.restoreConnections(restored);
        restored = UserState.empty();
    }

    /** Before the first resume and after a save the sockets are another part's; otherwise this is the network's end. */
    @Override
    public void close() {
        stack.release();
        if (owner) {
            owner = false;
            stack.close();
            listeners.close();
        }
        try {
            poller.close();
        } catch (IOException gone) {
            // It is gone all the same.
        }
    }
}
