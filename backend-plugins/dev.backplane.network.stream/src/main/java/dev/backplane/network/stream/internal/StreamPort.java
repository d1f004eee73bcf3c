package dev.backplane.network.stream.internal;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.FrameQueue;
import dev.backplane.api.network.NetworkContext;
import dev.backplane.api.network.NetworkPort;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateException;

/** A queue in each direction between the guest and the socket. A guest that sends faster than the far end takes has to wait. */
final class StreamPort implements NetworkPort<StreamState> {
    private final StreamOptions options;
    private final Connection connection;
    private final FrameQueue incoming;
    private final FrameQueue outgoing;
    private final Framing framing;
    private final StreamLoop loop;
    /** Whether the sockets are this part's: from its first resume to its save. */
    private boolean owner;

    StreamPort(StreamOptions options, NetworkContext context, Connection connection) {
        this.options = options;
        this.connection = connection;
        incoming = new FrameQueue(options.queue());
        outgoing = new FrameQueue(options.queue());
        framing = new Framing(incoming, outgoing);
        loop = new StreamLoop(context, connection, incoming, outgoing, framing, options.reconnect());
    }

    StreamPort restore(StreamState state) throws StateException {
        incoming.restore(state.incoming());
        outgoing.restore(state.outgoing());
        if (state.received().length > StreamState.MOST_PARTIAL || state.sending().length > StreamState.MOST_PARTIAL) {
            throw new StateException("%d and %d bytes of one frame: expected at most %d"
                    .formatted(state.received().length, state.sending().length, StreamState.MOST_PARTIAL));
        }
        // Half of a frame belongs to its connection, which is not there in another process.
        if (loop.isConnected()) {
            framing.restore(state.received(), state.sending());
        }
        return this;
    }

    @Override
    public boolean send(Frame frame) {
        if (!loop.isConnected()) {
            // The cable is out.
            return true;
        }
        boolean taken = outgoing.offer(frame);
        loop.outputGiven();
        return taken;
    }

    @Override
    public boolean receive(Frame frame) {
        boolean found = incoming.poll(frame);
        if (found && incoming.takeRefused()) {
            loop.wake();
        }
        return found;
    }

    @Override
    public boolean isUp() {
        return loop.isConnected();
    }

    @Override
    public int mtuBytes() {
        return options.mtu();
    }

    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {
        loop.stop(deadline);
    }

    @Override
    public StreamState save() {
        owner = false;
        return new StreamState(incoming.save(), outgoing.save(), framing.received(), framing.sending());
    }

    @Override
    public void resume(Resumption why) {
        owner = true;
        loop.start();
    }

    @Override
    public void close() {
        if (owner) {
            owner = false;
            connection.close();
        }
    }
}
