package dev.backplane.network.user.internal;

import dev.backplane.api.network.Frame;
import java.lang.foreign.MemorySegment;

/**
 * Makes packets for the guest, one at a time, in a buffer for the longest one: {@link #begin}, then the payload is put into
 * {@link #bytes}, then one of the sends.
 */
final class Output {
    private static final int HOP_LIMIT = 64;
    private static final int FRAGMENT_HEADER_BYTES = 8;
    private static final int FRAGMENT = 44;

    /** The longest payload of IPv6 goes out in fragments only. */
    final byte[] bytes = new byte[Frame.HEADER_BYTES + Ipv6.HEADER_BYTES + 65_535];

    private final Link link;
    private final FrameSink sink;
    private final Frame frame = new Frame(MemorySegment.ofArray(bytes));
    private final byte[] piece;
    private final Frame pieceFrame;
    private boolean v6;
    private int network;
    private int transport;
    private int identification;
    private long pseudo;
    private boolean full;

    Output(Link link, FrameSink sink) {
        this.link = link;
        this.sink = sink;
        this.piece = new byte[Frame.HEADER_BYTES + Ipv6.HEADER_BYTES + link.mtu()];
        this.pieceFrame = new Frame(MemorySegment.ofArray(piece));
    }

    /** Whether the guest's queue refused a frame and has not said since that there is room. */
    boolean isFull() {
        return full;
    }

    void roomAgain() {
        full = false;
    }

    /** Begins a frame that is no packet. Returns where its contents go. */
    int begin(long mac, int type) {
        Wire.putMac(bytes, 0, mac);
        Wire.putMac(bytes, 6, link.mac());
        Wire.put16(bytes, 12, type);
        return Frame.HEADER_BYTES;
    }

    /** Begins a packet. Returns where its payload goes. */
    int begin(long mac, Address source, Address target, int protocol) {
        return begin(mac, source, target, protocol, HOP_LIMIT);
    }

    /** Begins a packet with a hop limit of its own. Returns where its payload goes. */
    int begin(long mac, Address source, Address target, int protocol, int hopLimit) {
        v6 = !source.isV4();
        network = begin(mac, v6 ? Ipv6.TYPE : Ipv4.TYPE);
        pseudo = Checksum.pseudo(source, target, protocol, 0);
        if (v6) {
            Wire.put32(bytes, network, 6 << 28);
            bytes[network + 6] = (byte) protocol;
            bytes[network + 7] = (byte) hopLimit;
            Wire.put64(bytes, network + 8, source.high());
            Wire.put64(bytes, network + 16, source.low());
            Wire.put64(bytes, network + 24, target.high());
            Wire.put64(bytes, network + 32, target.low());
            transport = network + Ipv6.HEADER_BYTES;
        } else {
            Wire.put16(bytes, network, 0x4500);
            Wire.put16(bytes, network + 4, 0);
            Wire.put16(bytes, network + 6, Ipv4.DO_NOT_FRAGMENT);
            bytes[network + 8] = (byte) hopLimit;
            bytes[network + 9] = (byte) protocol;
            Wire.put32(bytes, network + 12, source.v4());
            Wire.put32(bytes, network + 16, target.v4());
            transport = network + Ipv4.HEADER_BYTES;
        }
        return transport;
    }

    /** Sends what was begun with {@link #begin(long, int)}. */
    void sendFrame(int length) {
        give(frame.reset(Frame.HEADER_BYTES + length));
    }

    /** Sends a packet whose checksum, if it has one, is in its place. It is cut to fragments where it is longer than the link takes. */
    boolean send(int length) {
        if (length + transport - network > link.mtu()) {
            return sendFragments(length);
        }
        completeHeader(bytes, length);
        return give(frame.reset(transport + length));
    }

    /** Sends a datagram of UDP whose data is in its place behind a header that is made here. */
    boolean sendDatagram(int from, int to, int data, int count) {
        int at = data - Udp.HEADER_BYTES;
        int length = Udp.HEADER_BYTES + count;
        Wire.put16(bytes, at, from);
        Wire.put16(bytes, at + 2, to);
        Wire.put16(bytes, at + 4, length);
        Wire.put16(bytes, at + Udp.CHECKSUM, 0);
        int checksum = checksum(length);
        Wire.put16(bytes, at + Udp.CHECKSUM, checksum == 0 ? 0xffff : checksum);
        return send(length);
    }

    /**
     * Sends a packet of TCP, which the device cuts to segments where it is longer than the link takes.
     *
     * @param length of header and data
     * @param segmentBytes the most data of a segment
     */
    boolean sendTcp(int length, int segmentBytes) {
        completeHeader(bytes, length);
        Wire.put16(bytes, transport + TcpSegment.CHECKSUM, pseudoField(length));
        frame.reset(transport + length).withChecksumToDo(transport, TcpSegment.CHECKSUM);
        if (length - TcpSegment.HEADER_BYTES > segmentBytes) {
            frame.withSegmentation(v6 ? Frame.Segmentation.TCP6 : Frame.Segmentation.TCP4, segmentBytes);
        }
        return give(frame);
    }

    /** The sum of the pseudo-header, as it stands in the field of a checksum that is left to do. */
    private int pseudoField(int length) {
        return ~Checksum.fold(pseudo + length) & 0xffff;
    }

    /** The checksum of the payload and its pseudo-header. */
    int checksum(int length) {
        return Checksum.fold(Checksum.add(pseudo + length, bytes, transport, length));
    }

    private void completeHeader(byte[] of, int length) {
        if (v6) {
            Wire.put16(of, network + 4, length);
            return;
        }
        Wire.put16(of, network + 2, Ipv4.HEADER_BYTES + length);
        Wire.put16(of, network + 10, 0);
        Wire.put16(of, network + 10, Checksum.fold(Checksum.add(0, of, network, Ipv4.HEADER_BYTES)));
    }

    private boolean sendFragments(int length) {
        int protocol = bytes[v6 ? network + 6 : network + 9];
        identification++;
        int extension = v6 ? FRAGMENT_HEADER_BYTES : 0;
        int most = link.mtu() - (transport - network) - extension & ~7;
        boolean taken = true;
        for (int offset = 0; offset < length && taken; offset += most) {
            int count = Math.min(most, length - offset);
            boolean more = offset + count < length;
            System.arraycopy(bytes, 0, piece, 0, transport);
            if (v6) {
                piece[network + 6] = FRAGMENT;
                Wire.put16(piece, transport, protocol << 8);
                Wire.put16(piece, transport + 2, offset | (more ? 1 : 0));
                Wire.put32(piece, transport + 4, identification);
            } else {
                Wire.put16(piece, network + 4, identification);
                Wire.put16(piece, network + 6, offset / 8 | (more ? Ipv4.MORE_FRAGMENTS : 0));
            }
            System.arraycopy(bytes, transport + offset, piece, transport + extension, count);
            completeHeader(piece, extension + count);
            taken = give(pieceFrame.reset(transport + extension + count));
        }
        return taken;
    }

    private boolean give(Frame whole) {
        if (!sink.send(whole)) {
            full = true;
            return false;
        }
        return true;
    }
}
