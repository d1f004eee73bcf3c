package dev.backplane.network.user.internal;

import java.io.IOException;
import java.net.ConnectException;
import java.util.concurrent.TimeUnit;

/**
 * One connection: to the guest we are its other end (RFC 9293 3.3.2), to the host we are a socket. Bytes, their end and
 * breaking off pass from one to the other, each direction by itself.
 */
final class TcpConnection extends Flow {
    /**
     * What is left of a connection whose ends have both closed, so that a last FIN is answered again. Nothing is on its way for longer between
     * a guest and its host, so that it need not be the minutes of an internet (RFC 9293 3.4.2); each is saved with the network.
     */
    static final long LINGER_MILLIS = 2_000;
    /** A host that takes no more of what the guest wrote before it closed. */
    static final long DRAIN_MILLIS = 120_000;
    /** RFC 5382 5: established connections are kept for two hours and four minutes at least. */
    static final long IDLE_NANOS = TimeUnit.MINUTES.toNanos(125);

    private static final int SYN_TRIES = 6;
    /** Less room in the ring is not worth a look at the socket. */
    private static final int LEAST_ROOM = ByteRing.CAPACITY / 4;

    /** As in RFC 9293 3.3.2; while the host connects, the guest waits for its SYN to be answered. */
    enum Stage {
        CONNECTING,
        SYN_SENT,
        SYN_RECEIVED,
        ESTABLISHED,
        FIN_WAIT_1,
        FIN_WAIT_2,
        CLOSE_WAIT,
        CLOSING,
        LAST_ACK,
        TIME_WAIT,
        CLOSED;

        boolean isSynchronized() {
            return compareTo(SYN_RECEIVED) > 0;
        }

        /** Nothing more comes from the guest and nothing goes to it; what is left answers for a while. */
        boolean isOver() {
            return this == TIME_WAIT || this == CLOSED;
        }

        private boolean receives() {
            return this == ESTABLISHED || this == FIN_WAIT_1 || this == FIN_WAIT_2;
        }
    }

    final TcpSender sender;
    final TcpReceiver receiver;
    private final Tcp tcp;
    private HostStream host;
    private Stage stage;
    private int firstSequence;
    private int guestSequence;
    private int synTries;
    private boolean outputShut;
    private boolean owesAcknowledgment;
    /** Whether it is among those to be pumped. */
    boolean due;

    /** When a handshake is tried again, or the rest is forgotten. */
    private long handshakeTimer = Long.MAX_VALUE;

    TcpConnection(Tcp tcp, Address guest, int guestPort, Address peer, int peerPort, Stage stage, HostStream host) {
        super(guest, guestPort, peer, peerPort);
        this.tcp = tcp;
        this.stage = stage;
        this.host = host;
        this.sender = new TcpSender(tcp.rings());
        this.receiver = new TcpReceiver(tcp.rings());
    }

    Stage stage() {
        return stage;
    }

    void attach(HostStream stream) {
        host = stream;
    }

    /** The guest wants to connect: notes what its SYN says. */
    void listen(TcpSegment syn, int sequence) {
        guestSequence = syn.sequence;
        firstSequence = sequence;
        receiver.begin(syn.sequence + 1);
        sender.begin(sequence);
        sender.setSegmentBytes(tcp.segmentBytes(this, syn.segmentBytes));
    }

    /** Somebody on the host's side wants to connect to the guest. */
    void open(int sequence) {
        firstSequence = sequence;
        sender.begin(sequence);
        sendSyn();
    }

    /** For a successor. */
    TcpState save() {
        return new TcpState(
                host.number(),
                guest.high(),
                guest.low(),
                guestPort,
                peer.high(),
                peer.low(),
                peerPort,
                mac,
                stage,
                sender.segmentBytes(),
                sender.unacknowledged(),
                sender.furthest(),
                sender.isClosing(),
                sender.isFinAcknowledged(),
                sender.window(),
                sender.windowSequence(),
                stage.isSynchronized() ? sender.waiting() : new byte[0],
                receiver.next(),
                receiver.edge(),
                receiver.isFinished(),
                outputShut,
                receiver.waiting(),
                stage.isOver()
                        ? Math.clamp(TimeUnit.NANOSECONDS.toMillis(handshakeTimer - tcp.now()), 0, DRAIN_MILLIS)
                        : 0);
    }

    private void forgetIn(long millis) {
        handshakeTimer = tcp.now() + TimeUnit.MILLISECONDS.toNanos(millis);
    }

    /** Goes on where a predecessor was. What has lost its socket is broken off. */
    void restore(TcpState state) {
        mac = state.mac();
        sender.setSegmentBytes(state.segmentBytes());
        receiver.restore(state);
        if (stage.isSynchronized()) {
            sender.restore(state, tcp.now());
        } else {
            firstSequence = state.unacknowledged();
            guestSequence = state.next() - 1;
            sender.begin(firstSequence);
        }
        outputShut = state.outputShut();
        try {
            host.own(this);
        } catch (IOException e) {
            abort();
            return;
        }
        switch (stage) {
            // The guest sends its SYN again.
            case CONNECTING -> end();
            case TIME_WAIT, CLOSED -> forgetIn(state.leftMillis());
            default -> {
                if (host == NoStream.NONE) {
                    abort();
                } else if (!stage.isSynchronized()) {
                    handshakeTimer = tcp.now() + RoundTrip.FIRST;
                }
            }
        }
    }

    // ---- the guest's side

    /** Takes a segment of the guest. */
    void receive(TcpSegment segment) {
        try {
            switch (stage) {
                case CONNECTING -> receiveConnecting(segment);
                case SYN_SENT -> receiveSynSent(segment);
                default -> receiveSynchronized(segment);
            }
        } catch (IOException e) {
            abort();
        }
    }

    private void receiveConnecting(TcpSegment segment) {
        if (segment.has(TcpSegment.RST) && segment.sequence == receiver.next()) {
            end();
        }
    }

    /** RFC 9293 3.10.7.3. */
    private void receiveSynSent(TcpSegment segment) {
        boolean acknowledges = segment.has(TcpSegment.ACK) && segment.acknowledgment == firstSequence + 1;
        if (segment.has(TcpSegment.ACK) && !acknowledges) {
            tcp.reset(segment, this);
            return;
        }
        if (segment.has(TcpSegment.RST)) {
            if (acknowledges) {
                end();
            }
            return;
        }
        if (!segment.has(TcpSegment.SYN)) {
            return;
        }
        guestSequence = segment.sequence;
        receiver.begin(segment.sequence + 1);
        sender.setSegmentBytes(tcp.segmentBytes(this, segment.segmentBytes));
        if (acknowledges) {
            establish(segment);
            owesAcknowledgment = true;
        } else {
            stage = Stage.SYN_RECEIVED;
            sendSyn();
        }
    }

    /** RFC 9293 3.10.7.4, with the cautions of RFC 5961. */
    private void receiveSynchronized(TcpSegment segment) throws IOException {
        if (!receiver.accepts(segment)) {
            answerUnacceptable(segment);
            return;
        }
        if (segment.has(TcpSegment.RST)) {
            if (segment.sequence == receiver.next()) {
                end();
            } else {
                owesAcknowledgment = true;
            }
            return;
        }
        if (segment.has(TcpSegment.SYN)) {
            owesAcknowledgment = true;
            return;
        }
        if (!segment.has(TcpSegment.ACK)) {
            return;
        }
        if (stage == Stage.SYN_RECEIVED) {
            if (segment.acknowledgment != firstSequence + 1) {
                tcp.reset(segment, this);
                return;
            }
            establish(segment);
        }
        if (!sender.acknowledge(segment, tcp.now())) {
            owesAcknowledgment = true;
            return;
        }
        if (sender.isFinAcknowledged()) {
            finAcknowledged();
        }
        if (stage.receives()) {
            receiver.take(segment, host);
        }
        owesAcknowledgment |= segment.span() > 0;
        if (segment.has(TcpSegment.FIN) && stage.receives() && receiver.finish(segment.sequence + segment.length)) {
            finReceived();
        }
    }

    private void answerUnacceptable(TcpSegment segment) {
        if (segment.has(TcpSegment.RST)) {
            return;
        }
        if (stage == Stage.SYN_RECEIVED && segment.has(TcpSegment.SYN) && segment.sequence == guestSequence) {
            // Ours was lost; the timer sees to it.
            return;
        }
        if (stage == Stage.TIME_WAIT) {
            forgetIn(LINGER_MILLIS);
        }
        owesAcknowledgment = true;
    }

    private void establish(TcpSegment segment) {
        stage = Stage.ESTABLISHED;
        handshakeTimer = Long.MAX_VALUE;
        sender.established(segment);
    }

    private void finAcknowledged() {
        switch (stage) {
            case FIN_WAIT_1 -> stage = Stage.FIN_WAIT_2;
            case CLOSING -> linger();
            case LAST_ACK -> {
                stage = Stage.CLOSED;
                forgetIn(DRAIN_MILLIS);
            }
            default -> {
                // Known.
            }
        }
    }

    private void finReceived() {
        switch (stage) {
            case ESTABLISHED -> stage = Stage.CLOSE_WAIT;
            case FIN_WAIT_1 -> stage = Stage.CLOSING;
            case FIN_WAIT_2 -> linger();
            default -> throw new IllegalStateException(this + ": a FIN in " + stage);
        }
    }

    private void linger() {
        stage = Stage.TIME_WAIT;
        forgetIn(LINGER_MILLIS);
    }

    // ---- the host's side

    /** The host has connected. */
    void connected() {
        if (stage == Stage.CONNECTING) {
            stage = Stage.SYN_RECEIVED;
            sendSyn();
            tcp.schedule(this);
        }
    }

    /** The host could not connect. */
    void refused(IOException why) {
        if (why instanceof ConnectException) {
            tcp.sendReset(this, 0, receiver.next(), TcpSegment.RST | TcpSegment.ACK);
        } else {
            tcp.unreachable(this, guestSequence);
        }
        end();
    }

    /** There is something to be read, or the end of it. */
    void readable() {
        try {
            sender.fill(host);
            tcp.touch(this);
            tcp.schedule(this);
        } catch (IOException e) {
            abort();
        }
    }

    /** There is room to write. */
    void writable() {
        tcp.schedule(this);
    }

    // ---- both

    /** Does what has become possible. */
    void pump() {
        try {
            if (stage.isSynchronized()) {
                if (stage != Stage.CLOSED || !receiver.isDrained()) {
                    receiver.drain(host);
                }
                if (receiver.isFinished() && receiver.isDrained() && !outputShut) {
                    outputShut = true;
                    host.shutdownOutput();
                }
                transmit();
                owesAcknowledgment |= receiver.owesUpdate(sender.segmentBytes());
            }
            if (owesAcknowledgment && stage != Stage.CLOSED) {
                acknowledge();
            }
            if (stage == Stage.CLOSED && receiver.isDrained()) {
                end();
            } else {
                watch();
            }
        } catch (IOException e) {
            abort();
        }
    }

    private void watch() {
        switch (stage) {
            case CONNECTING -> {
                // The host waits for the connection itself.
            }
            case SYN_SENT, SYN_RECEIVED -> host.await(false, false);
            default -> host.await(sender.room() > LEAST_ROOM && stage != Stage.CLOSED, !receiver.isDrained());
        }
        tcp.watch(this);
    }

    /** Sends what the windows allow; false where that was nothing. */
    private boolean transmit() {
        boolean any = false;
        if (sender.takeResend() && sender.isInFlight()) {
            int length = Math.max(0, sender.resendLength());
            boolean fin = length == 0 && sender.isFinSent();
            any = tcp.send(this, sender.unacknowledged(), length, fin ? TcpSegment.FIN : 0);
        }
        while (true) {
            int length = sender.sendable();
            boolean fin = sender.isFinDue(length);
            if (length == 0 && !fin) {
                break;
            }
            int flags = fin ? TcpSegment.FIN | TcpSegment.PSH : TcpSegment.PSH;
            if (!tcp.send(this, sender.next(), length, flags)) {
                break;
            }
            any = true;
            owesAcknowledgment = false;
            sender.sent(length + (fin ? 1 : 0), tcp.now());
            if (fin) {
                finSent();
            }
        }
        sender.settle(tcp.now());
        return any;
    }

    private void finSent() {
        switch (stage) {
            case ESTABLISHED -> stage = Stage.FIN_WAIT_1;
            case CLOSE_WAIT -> stage = Stage.LAST_ACK;
            default -> {
                // Sent once more.
            }
        }
    }

    private void acknowledge() {
        if (tcp.send(this, sender.furthest(), 0, 0)) {
            owesAcknowledgment = false;
        }
    }

    private void sendSyn() {
        boolean answer = stage == Stage.SYN_RECEIVED;
        tcp.sendSyn(this, firstSequence, receiver.next(), answer ? TcpSegment.SYN | TcpSegment.ACK : TcpSegment.SYN);
        handshakeTimer = tcp.now() + (RoundTrip.FIRST << synTries);
        synTries++;
    }

    /** The guest's Ethernet address, for which the SYN waited, is known. */
    void retrySyn() {
        if (stage == Stage.SYN_SENT) {
            synTries = Math.max(0, synTries - 1);
            sendSyn();
            tcp.watch(this);
        }
    }

    /** When {@link #tick} is to be called. */
    long timer() {
        return Math.min(
                usedAt + IDLE_NANOS,
                Math.min(handshakeTimer, stage.isSynchronized() ? sender.timer() : Long.MAX_VALUE));
    }

    /** The timer has expired. */
    void tick(long now) {
        if (usedAt + IDLE_NANOS - now <= 0) {
            abort();
        } else if (handshakeTimer != Long.MAX_VALUE && handshakeTimer - now <= 0) {
            if (stage.isOver()) {
                end();
            } else if (synTries > SYN_TRIES) {
                abort();
            } else {
                sendSyn();
            }
        } else if (stage.isSynchronized() && sender.timer() != Long.MAX_VALUE && sender.timer() - now <= 0) {
            if (!sender.expire(now)) {
                abort();
            } else if (!transmit()) {
                // A sequence number of the past: the guest answers with its window (RFC 9293 3.8.6.1).
                tcp.send(this, sender.unacknowledged() - 1, 0, 0);
            }
        }
    }

    /** Breaks off both ends. */
    void abort() {
        if (stage == Stage.CONNECTING) {
            tcp.sendReset(this, 0, receiver.next(), TcpSegment.RST | TcpSegment.ACK);
        } else if (stage.isSynchronized() && !stage.isOver() || stage == Stage.SYN_RECEIVED) {
            tcp.sendReset(this, sender.furthest(), receiver.next(), TcpSegment.RST | TcpSegment.ACK);
        }
        end();
    }

    /** It is over. What both ends have agreed on arrives at the host; otherwise the host's end is broken off. */
    private void end() {
        boolean orderly = stage.isOver() && receiver.isDrained();
        stage = Stage.CLOSED;
        sender.release();
        receiver.release();
        if (orderly) {
            host.close();
        } else {
            host.reset();
        }
        tcp.remove(this);
    }
}
