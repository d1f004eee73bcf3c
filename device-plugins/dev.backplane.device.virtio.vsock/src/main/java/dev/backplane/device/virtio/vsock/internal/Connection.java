package dev.backplane.device.virtio.vsock.internal;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * One connection: a socket of the host's, what is on its way in each direction, and the credit that each side has given the other
 * (5.10.6.3). Counts are 32 bits and run freely. Guarded by the hub's monitor.
 */
final class Connection {
    // Phases.
    static final int GREETING = 0;
    static final int REQUESTED = 1;
    static final int CONNECTED = 2;

    // What has ended.
    static final int GUEST_SENDS = 1;
    static final int GUEST_RECEIVES = 2;
    static final int HOST_SENDS = 4;

    // What the guest is to be told, in the order of the bits.
    static final int OWES_REQUEST = 1;
    static final int OWES_RESPONSE = 2;
    static final int OWES_UPDATE = 4;
    static final int OWES_ASK = 8;
    static final int OWES_SHUTDOWN = 16;
    static final int OWES_RST = 32;

    /** "CONNECT 4294967294\n" has 19 characters; what comes behind it before the guest has answered waits here, too. */
    static final int MOST_AHEAD = 256;

    private static final String CONNECT = "connect ";
    private static final int LONGEST_LINE = 32;

    final int id;
    /** Null where the bay has no socket of this connection: it could not move. */
    private @Nullable SocketChannel channel;

    private int phase;
    private int hostPort;
    private int guestPort;
    private int ended;
    private int owed;
    /** The socket may have something to read; it is not watched meanwhile. */
    private boolean readable;

    private int guestRoom;
    private int guestForwarded;
    private int sent;
    private int forwarded;
    private int reported;

    private final byte[] ahead = new byte[MOST_AHEAD];
    private int aheadBytes;
    private final ByteRing toHost;
    private final int room;

    Connection(int id, SocketChannel channel, int room) {
        this.id = id;
        this.channel = channel;
        this.room = room;
        toHost = new ByteRing(room);
    }

    Connection(VsockState.ConnectionState state, @Nullable SocketChannel channel, int room) {
        this.id = state.id();
        this.channel = channel;
        this.room = room;
        toHost = new ByteRing(room);
        phase = state.phase();
        hostPort = state.hostPort();
        guestPort = state.guestPort();
        ended = state.ended();
        owed = state.owed();
        guestRoom = state.guestRoom();
        guestForwarded = state.guestForwarded();
        sent = state.sent();
        forwarded = state.forwarded();
        reported = state.reported();
        aheadBytes = state.ahead().length;
        System.arraycopy(state.ahead(), 0, ahead, 0, aheadBytes);
        toHost.add(MemorySegment.ofArray(state.toHost()));
    }

    VsockState.ConnectionState save() {
        return new VsockState.ConnectionState(
                id,
                phase,
                hostPort,
                guestPort,
                ended,
                owed,
                guestRoom,
                guestForwarded,
                sent,
                forwarded,
                reported,
                Arrays.copyOf(ahead, aheadBytes),
                toHost.toByteArray());
    }

    @Nullable
    SocketChannel channel() {
        return channel;
    }

    int phase() {
        return phase;
    }

    int hostPort() {
        return hostPort;
    }

    int guestPort() {
        return guestPort;
    }

    boolean has(int end) {
        return (ended & end) != 0;
    }

    void end(int what) {
        ended |= what;
    }

    void owe(int what) {
        owed |= what;
    }

    /** The next thing that the guest is to be told, as one bit; 0 for nothing. */
    int owes() {
        return Integer.lowestOneBit(owed);
    }

    void told(int what) {
        owed &= ~what;
    }

    /** The guest is to be told that there is no such connection any more, and nothing else. */
    void lose() {
        channel = null;
        owed = OWES_RST;
    }

    /** Its ports are known. */
    void name(int host, int guest, int next) {
        hostPort = host;
        guestPort = guest;
        phase = next;
    }

    void connected() {
        phase = CONNECTED;
    }

    // The guest's side.

    /** What the guest says of its buffer, in every packet. */
    void credit(Header header) {
        guestRoom = header.room();
        guestForwarded = header.forwarded();
    }

    /** How many bytes the guest has room for; what it says that makes no sense is no room. */
    long credit() {
        long inFlight = Integer.toUnsignedLong(sent - guestForwarded);
        return Math.max(0, Integer.toUnsignedLong(guestRoom) - inFlight);
    }

    /** A packet to the guest, which tells it of our buffer as every one does. */
    Header header(long cid, int operation, int flags, int length) {
        reported = forwarded;
        owed &= ~OWES_UPDATE;
        sent += length;
        return new Header(
                VsockLayout.HOST_CID,
                cid,
                hostPort,
                guestPort,
                length,
                VsockLayout.TYPE_STREAM,
                operation,
                flags,
                room,
                forwarded);
    }

    /** Whether there may be bytes for the guest that it has room for. */
    boolean maySend() {
        return phase == CONNECTED
                && owed == 0
                && (ended & (GUEST_RECEIVES | HOST_SENDS)) == 0
                && (aheadBytes > 0 || readable)
                && credit() > 0;
    }

    /**
     * Bytes for the guest: those that came ahead, then those of the socket.
     *
     * @return how many; 0 where there are none now, -1 at the end
     */
    int read(ByteBuffer target) throws IOException {
        if (aheadBytes > 0) {
            int bytes = Math.min(aheadBytes, target.remaining());
            target.put(ahead, 0, bytes);
            aheadBytes -= bytes;
            System.arraycopy(ahead, bytes, ahead, 0, aheadBytes);
            return bytes;
        }
        SocketChannel from = channel;
        int bytes = from == null ? 0 : from.read(target);
        readable = bytes > 0;
        return bytes;
    }

    // The host's side.

    /** Takes bytes of the guest's, for which there is room. */
    void take(MemorySegment bytes) {
        toHost.add(bytes);
    }

    int toHostRoom() {
        return toHost.room();
    }

    boolean isFlushed() {
        return toHost.size() == 0;
    }

    /** Gives the host's program what it takes; the guest hears of it when a quarter of the buffer is free again. */
    void flush() throws IOException {
        SocketChannel to = channel;
        if (to == null) {
            return;
        }
        forwarded += toHost.writeTo(to);
        if (Integer.compareUnsigned(forwarded - reported, room / 4) >= 0) {
            owed |= OWES_UPDATE;
        }
    }

    /** Which events of the socket matter now. */
    int interests() {
        int interests = toHost.size() > 0 ? SelectionKey.OP_WRITE : 0;
        boolean reads = phase == CONNECTED ? (ended & (GUEST_RECEIVES | HOST_SENDS)) == 0 : aheadBytes < MOST_AHEAD;
        return !readable && reads ? interests | SelectionKey.OP_READ : interests;
    }

    void becomeReadable() {
        readable = true;
    }

    /** Reads what comes before the guest has answered; false at the end. */
    boolean readAhead() throws IOException {
        SocketChannel from = channel;
        readable = false;
        if (from == null) {
            return false;
        }
        int bytes = from.read(ByteBuffer.wrap(ahead, aheadBytes, MOST_AHEAD - aheadBytes));
        aheadBytes += Math.max(0, bytes);
        return bytes >= 0;
    }

    /** What a program of the host's asks for, once its line is there. */
    enum Greeting {
        UNFINISHED,
        WRONG,
        WHOLE
    }

    /** Looks for the line {@code CONNECT port}. */
    Greeting greeting() {
        for (int i = 0; i < aheadBytes; i++) {
            if (ahead[i] == '\n') {
                return port(i).isPresent() ? Greeting.WHOLE : Greeting.WRONG;
            }
            if (i == LONGEST_LINE) {
                return Greeting.WRONG;
            }
        }
        return Greeting.UNFINISHED;
    }

    /** The port that is asked for; the line is taken away. */
    int takeGreeting() {
        int end = 0;
        while (ahead[end] != '\n') {
            end++;
        }
        int port = port(end).orElseThrow();
        aheadBytes -= end + 1;
        System.arraycopy(ahead, end + 1, ahead, 0, aheadBytes);
        return port;
    }

    /** A port, but not the one that means any (5.10.4). */
    private OptionalInt port(int end) {
        if (end <= CONNECT.length() || end > CONNECT.length() + 10) {
            return OptionalInt.empty();
        }
        for (int i = 0; i < CONNECT.length(); i++) {
            if (Character.toLowerCase(ahead[i]) != CONNECT.charAt(i)) {
                return OptionalInt.empty();
            }
        }
        long port = 0;
        for (int i = CONNECT.length(); i < end; i++) {
            if (ahead[i] < '0' || ahead[i] > '9') {
                return OptionalInt.empty();
            }
            port = 10 * port + ahead[i] - '0';
        }
        return port < 0xffff_ffffL ? OptionalInt.of((int) port) : OptionalInt.empty();
    }
}
