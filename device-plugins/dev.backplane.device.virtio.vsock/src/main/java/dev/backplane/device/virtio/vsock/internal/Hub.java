package dev.backplane.device.virtio.vsock.internal;

import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.api.device.virtio.VirtioState;
import dev.backplane.api.device.virtio.Virtqueue;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The connections, and the protocol with the guest (virtio 1.2, 5.10.6). Whatever fits no connection, or not its connection's state, is
 * answered with RST, and a connection that it met has ended. All sockets are non-blocking, so that queues and the host's loop do
 * everything under this object's monitor.
 */
final class Hub {
    /** Beyond this many refusals that the guest has no buffers for, it is not heard any more until it has. */
    private static final int MOST_REFUSALS = 64;

    /** Linux's buffers for what it receives have 4 KiB. */
    private static final int MOST_PAYLOAD = 64 << 10;

    static final int FIRST_PORT = 1 << 30;

    private final VsockOptions options;
    private final Sockets sockets;
    private final Runnable wake;
    private final Map<Integer, Connection> connections = new LinkedHashMap<>();
    private final Map<Long, Connection> byPorts = new HashMap<>();
    private final Deque<Header> refusals = new ArrayDeque<>();
    private final byte[] payload = new byte[MOST_PAYLOAD];
    private List<Virtqueue> queues = List.of();
    /** A buffer of the guest's for which there was nothing to read after all. */
    private @Nullable DescriptorChain spare;

    private int nextId = 1;
    private int nextPort = FIRST_PORT;
    private long toGuestBytes;
    private long toHostBytes;
    private long resets;

    /** A hub. {@code wake} makes the host's loop look at the connections again. */
    Hub(VsockOptions options, Sockets sockets, Runnable wake) {
        this.options = options;
        this.sockets = sockets;
        this.wake = wake;
    }

    // Life.

    /** Takes over. What has no socket here any more is to be reset once the guest can hear it. */
    synchronized void restore(VsockState state) {
        nextId = state.nextId();
        nextPort = state.nextPort();
        state.refusals().forEach(bytes -> refusals.add(Header.of(bytes)));
        for (VsockState.ConnectionState saved : state.connections()) {
            var connection = new Connection(saved, sockets.kept(saved.id()), options.buffer());
            connections.put(connection.id, connection);
            if (connection.phase() != Connection.GREETING) {
                byPorts.put(key(connection.hostPort(), connection.guestPort()), connection);
            }
        }
    }

    synchronized VsockState save(VirtioState virtio) {
        return new VsockState(
                nextId,
                nextPort,
                refusals.stream().map(Header::toBytes).toList(),
                connections.values().stream().map(Connection::save).toList(),
                virtio);
    }

    /** The device runs again: connections that could not move end. */
    synchronized void resume() {
        for (Connection connection : List.copyOf(connections.values())) {
            if (connection.channel() == null && connection.owes() != Connection.OWES_RST) {
                lose(connection);
            }
        }
    }

    synchronized void activate(List<Virtqueue> active) {
        queues = active;
    }

    /** No buffer stays here. Where the driver goes, so does every connection. */
    synchronized void deactivate(boolean forGood) {
        DescriptorChain unused = spare;
        spare = null;
        if (unused != null) {
            queues.get(VsockLayout.RECEIVE).complete(unused, 0);
        }
        queues = List.of();
        if (forGood) {
            dropAll();
        }
    }

    synchronized void dropAll() {
        connections.keySet().forEach(sockets::drop);
        connections.clear();
        byPorts.clear();
        refusals.clear();
    }

    synchronized void powerOn() {
        dropAll();
        nextId = 1;
        nextPort = FIRST_PORT;
    }

    synchronized Map<String, Long> statistics() {
        return Map.of(
                "connections", (long) connections.size(),
                "to-guest-bytes", toGuestBytes,
                "to-host-bytes", toHostBytes,
                "resets", resets);
    }

    // What the host's loop does.

    /** The connections, for the time that the monitor is held. */
    Collection<Connection> connections() {
        return connections.values();
    }

    /** A program of the host's has come. It is turned away where there is no room; where the guest is not ready yet it waits. */
    synchronized void greet(SocketChannel channel) {
        if (connections.size() >= options.connections()) {
            Sockets.closeQuietly(channel);
        } else {
            add(channel);
        }
    }

    private Connection add(SocketChannel channel) {
        var connection = new Connection(nextId++, channel, options.buffer());
        connections.put(connection.id, connection);
        sockets.keep(connection.id, channel);
        return connection;
    }

    /** A socket can be read or written. */
    synchronized void ready(Connection connection, boolean read, boolean write) {
        if (connections.get(connection.id) != connection || connection.owes() == Connection.OWES_RST) {
            return;
        }
        try {
            if (write) {
                flush(connection);
            }
            if (read && connection.phase() == Connection.CONNECTED) {
                connection.becomeReadable();
            } else if (read && !readAhead(connection)) {
                lose(connection);
            }
        } catch (IOException gone) {
            lose(connection);
        }
    }

    /** Returns whether the program is still there and has made sense. */
    private boolean readAhead(Connection connection) throws IOException {
        if (!connection.readAhead()) {
            return false;
        }
        if (connection.phase() == Connection.GREETING) {
            switch (connection.greeting()) {
                case WRONG -> {
                    return false;
                }
                case WHOLE -> {
                    int port = connection.takeGreeting();
                    connection.name(freePort(port), port, Connection.REQUESTED);
                    byPorts.put(key(connection.hostPort(), port), connection);
                    connection.owe(Connection.OWES_REQUEST);
                }
                case UNFINISHED -> {}
            }
        }
        return true;
    }

    /** A port from 2^30 on that no connection to that port of the guest's has. */
    private int freePort(int guestPort) {
        do {
            nextPort = nextPort < FIRST_PORT || nextPort == Integer.MAX_VALUE ? FIRST_PORT : nextPort + 1;
        } while (byPorts.containsKey(key(nextPort, guestPort)));
        return nextPort;
    }

    /** The host's program is gone. */
    private void lose(Connection connection) {
        if (connection.phase() == Connection.GREETING) {
            remove(connection);
        } else {
            reset(connection);
        }
    }

    // What the guest sends.

    /** Hears the guest, and gives it what there is to give. */
    synchronized void process() {
        do {
            feed();
        } while (hear());
        wake.run();
    }

    /** Gives the guest what there is to give. */
    synchronized void feedGuest() {
        feed();
    }

    /** Returns whether it has stopped because of refusals that may have gone out meanwhile. */
    private boolean hear() {
        if (queues.isEmpty()) {
            return false;
        }
        Virtqueue queue = queues.get(VsockLayout.TRANSMIT);
        byte[] bytes = new byte[Header.BYTES];
        while (refusals.size() < MOST_REFUSALS) {
            DescriptorChain chain = queue.next();
            if (chain == null) {
                feed();
                return false;
            }
            // What is shorter than a header says not even who is to be refused.
            if (chain.readableBytes() >= Header.BYTES) {
                chain.read(0, MemorySegment.ofArray(bytes));
                hear(Header.of(bytes), chain);
            }
            queue.complete(chain, 0);
        }
        feed();
        return refusals.size() < MOST_REFUSALS;
    }

    private void hear(Header header, DescriptorChain chain) {
        if (header.fromCid() != options.cid()) {
            // Not this guest's address: there is nobody to refuse it to.
            return;
        }
        boolean ours = header.toCid() == VsockLayout.HOST_CID && header.type() == VsockLayout.TYPE_STREAM;
        Connection connection = ours ? byPorts.get(key(header.toPort(), header.fromPort())) : null;
        if (connection == null) {
            if (ours && header.operation() == VsockLayout.REQUEST) {
                open(header);
            } else {
                refuse(header);
            }
        } else if (connection.owes() == Connection.OWES_RST) {
            // It has ended here, and the guest will hear of it.
            if (header.operation() == VsockLayout.RST) {
                remove(connection);
            }
        } else {
            connection.credit(header);
            hear(header, connection, chain);
        }
    }

    private void hear(Header header, Connection connection, DescriptorChain chain) {
        boolean connected = connection.phase() == Connection.CONNECTED;
        boolean fits = switch (header.operation()) {
            case VsockLayout.RST -> {
                finish(connection);
                yield true;
            }
            case VsockLayout.RESPONSE -> !connected && accept(connection);
            case VsockLayout.RW -> connected && take(header, connection, chain);
            case VsockLayout.SHUTDOWN -> connected && shutDown(header.flags(), connection);
            case VsockLayout.CREDIT_UPDATE -> connected;
            case VsockLayout.CREDIT_REQUEST -> {
                connection.owe(Connection.OWES_UPDATE);
                yield connected;
            }
            default -> false;
        };
        if (!fits) {
            reset(connection);
        }
    }

    /** A guest's program asks for a port of the host's. */
    private void open(Header header) {
        SocketChannel channel = connections.size() < options.connections() ? sockets.connect(header.toPort()) : null;
        if (channel == null) {
            refuse(header);
            return;
        }
        Connection connection = add(channel);
        connection.name(header.toPort(), header.fromPort(), Connection.CONNECTED);
        connection.credit(header);
        connection.owe(Connection.OWES_RESPONSE);
        byPorts.put(key(header.toPort(), header.fromPort()), connection);
    }

    /** The guest accepts what the host's program has asked for. */
    private boolean accept(Connection connection) {
        SocketChannel channel = connection.channel();
        byte[] answer =
                ("OK " + Integer.toUnsignedString(connection.hostPort()) + "\n").getBytes(StandardCharsets.US_ASCII);
        connection.connected();
        try {
            // The first bytes into an empty socket: a program that has no room for them is none.
            return channel != null && channel.write(ByteBuffer.wrap(answer)) == answer.length;
        } catch (IOException gone) {
            return false;
        }
    }

    private boolean take(Header header, Connection connection, DescriptorChain chain) {
        long length = Integer.toUnsignedLong(header.length());
        if (connection.has(Connection.GUEST_SENDS)
                || length > chain.readableBytes() - Header.BYTES
                || length > connection.toHostRoom()) {
            return false;
        }
        chain.<RuntimeException>lendReadable(Header.BYTES, length, connection::take);
        toHostBytes += length;
        flushOrLose(connection);
        return true;
    }

    private boolean shutDown(int flags, Connection connection) {
        connection.end((flags & VsockLayout.NO_SEND) != 0 ? Connection.GUEST_SENDS : 0);
        connection.end((flags & VsockLayout.NO_RECEIVE) != 0 ? Connection.GUEST_RECEIVES : 0);
        flushOrLose(connection);
        return true;
    }

    private void flushOrLose(Connection connection) {
        try {
            flush(connection);
        } catch (IOException gone) {
            reset(connection);
        }
    }

    /** Gives the host's program what is there for it, and then the end where the guest has sent that. */
    private void flush(Connection connection) throws IOException {
        connection.flush();
        SocketChannel channel = connection.channel();
        if (channel == null || !connection.isFlushed() || !connection.has(Connection.GUEST_SENDS)) {
            return;
        }
        if (connection.has(Connection.GUEST_RECEIVES)) {
            // Both directions are over: the guest waits for this (5.10.6.6).
            reset(connection);
        } else {
            channel.shutdownOutput();
        }
    }

    /** The guest has ended it at once: what it had sent goes out as far as the socket takes it. */
    private void finish(Connection connection) {
        try {
            connection.flush();
        } catch (IOException gone) {
            // Both sides are.
        }
        remove(connection);
    }

    /** Ends it here; the guest is told. */
    private void reset(Connection connection) {
        resets++;
        connection.lose();
        sockets.drop(connection.id);
    }

    private void remove(Connection connection) {
        sockets.drop(connection.id);
        connections.remove(connection.id);
        byPorts.remove(key(connection.hostPort(), connection.guestPort()), connection);
    }

    /** An RST is not refused: that would go on for ever. */
    private void refuse(Header header) {
        if (header.operation() != VsockLayout.RST) {
            resets++;
            refusals.add(header.refusal());
        }
    }

    private static long key(int hostPort, int guestPort) {
        return (long) hostPort << 32 | Integer.toUnsignedLong(guestPort);
    }

    // What the guest receives.

    private void feed() {
        while (!refusals.isEmpty()) {
            DescriptorChain chain = buffer(Header.BYTES);
            if (chain == null) {
                return;
            }
            write(chain, refusals.removeFirst(), 0);
        }
        boolean more = true;
        while (more) {
            more = false;
            // In turns, a packet each: nobody waits for somebody who sends a lot.
            for (Connection connection : new ArrayList<>(connections.values())) {
                if (connection.owes() != 0) {
                    if (!tell(connection)) {
                        return;
                    }
                    more = true;
                } else if (connection.maySend()) {
                    if (!sendData(connection)) {
                        return;
                    }
                    more = true;
                }
            }
        }
    }

    /** Tells the guest one thing; false where it has no buffer for it. */
    private boolean tell(Connection connection) {
        int owed = connection.owes();
        int operation = switch (owed) {
            case Connection.OWES_REQUEST -> VsockLayout.REQUEST;
            case Connection.OWES_RESPONSE -> VsockLayout.RESPONSE;
            case Connection.OWES_UPDATE -> VsockLayout.CREDIT_UPDATE;
            case Connection.OWES_ASK -> VsockLayout.CREDIT_REQUEST;
            case Connection.OWES_SHUTDOWN -> VsockLayout.SHUTDOWN;
            default -> VsockLayout.RST;
        };
        int flags = operation == VsockLayout.SHUTDOWN ? VsockLayout.NO_SEND : 0;
        DescriptorChain chain = buffer(Header.BYTES);
        if (chain == null) {
            return false;
        }
        write(chain, connection.header(options.cid(), operation, flags, 0), 0);
        connection.told(owed);
        if (operation == VsockLayout.RST) {
            remove(connection);
        }
        return true;
    }

    /** Sends the guest bytes of a connection's; false where it has no buffer for them. */
    private boolean sendData(Connection connection) {
        DescriptorChain chain = buffer(Header.BYTES + 1);
        if (chain == null) {
            return false;
        }
        int room = (int) Math.min(Math.min(chain.writableBytes() - Header.BYTES, MOST_PAYLOAD), connection.credit());
        int bytes;
        try {
            bytes = connection.read(ByteBuffer.wrap(payload, 0, room));
        } catch (IOException gone) {
            spare = chain;
            reset(connection);
            return true;
        }
        if (bytes <= 0) {
            spare = chain;
            if (bytes < 0) {
                connection.end(Connection.HOST_SENDS);
                connection.owe(Connection.OWES_SHUTDOWN);
            }
            return true;
        }
        toGuestBytes += bytes;
        write(chain, connection.header(options.cid(), VsockLayout.RW, 0, bytes), bytes);
        if (connection.credit() == 0) {
            connection.owe(Connection.OWES_ASK);
        }
        return true;
    }

    /** A buffer of the guest's; those that are too small go back. */
    private @Nullable DescriptorChain buffer(int least) {
        if (queues.isEmpty()) {
            return null;
        }
        Virtqueue queue = queues.get(VsockLayout.RECEIVE);
        DescriptorChain chain = spare != null ? spare : queue.next();
        spare = null;
        while (chain != null && chain.writableBytes() < least) {
            queue.complete(chain, 0);
            chain = queue.next();
        }
        return chain;
    }

    private void write(DescriptorChain chain, Header header, int bytes) {
        chain.write(0, MemorySegment.ofArray(header.toBytes()));
        chain.write(Header.BYTES, MemorySegment.ofArray(payload).asSlice(0, bytes));
        queues.get(VsockLayout.RECEIVE).complete(chain, Header.BYTES + bytes);
    }
}
