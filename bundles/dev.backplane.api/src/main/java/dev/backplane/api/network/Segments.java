package dev.backplane.api.network;

import dev.backplane.api.network.Frame.Segmentation;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Does to frames what is left to do, where nobody nearer to the wire does it: cuts TCP to segments and completes checksums. Used again and
 * again; allocates nothing. For one thread.
 *
 * <pre>{@code
 * if (segments.begin(frame)) {
 *     while (segments.next(piece)) {
 *         send(piece);
 *     }
 * }
 * }</pre>
 */
public final class Segments {
    /** No segment has less payload, so that a frame cannot be made to become thousands: Linux sends none smaller (TCP_MIN_SND_MSS). */
    public static final int LEAST_SEGMENT_BYTES = 48;

    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private static final int ETHER_TYPE = 12;
    private static final int VLAN = 0x8100;
    private static final int VLAN_BYTES = 4;
    private static final int IPV4 = 0x0800;
    private static final int IPV6 = 0x86dd;
    private static final int TCP = 6;

    // IPv4 (RFC 791, 3.1).
    private static final int IPV4_BYTES = 20;
    private static final int IPV4_LENGTH = 2;
    private static final int IPV4_ID = 4;
    private static final int IPV4_FRAGMENT = 6;
    private static final int IPV4_PROTOCOL = 9;
    private static final int IPV4_CHECKSUM = 10;
    private static final int IPV4_ADDRESSES = 12;
    private static final int MORE_FRAGMENTS_AND_OFFSET = 0x3fff;

    // IPv6 (RFC 8200, 3).
    private static final int IPV6_BYTES = 40;
    private static final int IPV6_LENGTH = 4;
    private static final int IPV6_NEXT = 6;
    private static final int IPV6_ADDRESSES = 8;

    // TCP (RFC 9293, 3.1).
    private static final int TCP_BYTES = 20;
    private static final int TCP_SEQUENCE = 4;
    private static final int TCP_OFFSET = 12;
    private static final int TCP_FLAGS = 13;
    private static final int TCP_CHECKSUM = 16;
    private static final int FIN_PSH = 0x09;
    private static final int CWR = 0x80;

    private final Headers headers = new Headers();
    private Frame frame = new Frame(MemorySegment.NULL);
    private int next;
    private boolean over = true;

    /** Where the headers of a frame that is to be cut are. */
    private static final class Headers {
        int network;
        int transport;
        int payload;

        /** Finds them; false where they are not what the frame says, or not wholly there. */
        boolean find(Frame frame) {
            MemorySegment bytes = frame.memory();
            int length = frame.length();
            network = Frame.HEADER_BYTES;
            if (length >= network + VLAN_BYTES && u16(bytes, ETHER_TYPE) == VLAN) {
                network += VLAN_BYTES;
            }
            boolean four = frame.segmentation() == Segmentation.TCP4;
            if (length < network + (four ? IPV4_BYTES : IPV6_BYTES)
                    || u16(bytes, network - 2) != (four ? IPV4 : IPV6)
                    || u8(bytes, network) >>> 4 != (four ? 4 : 6)) {
                return false;
            }
            if (four) {
                transport = network + 4 * (u8(bytes, network) & 15);
                if (transport < network + IPV4_BYTES
                        || u8(bytes, network + IPV4_PROTOCOL) != TCP
                        || (u16(bytes, network + IPV4_FRAGMENT) & MORE_FRAGMENTS_AND_OFFSET) != 0) {
                    return false;
                }
            } else {
                // Drivers leave TCP behind extension headers to nobody.
                transport = network + IPV6_BYTES;
                if (u8(bytes, network + IPV6_NEXT) != TCP) {
                    return false;
                }
            }
            if (length < transport + TCP_BYTES) {
                return false;
            }
            int header = 4 * (u8(bytes, transport + TCP_OFFSET) >>> 4);
            payload = transport + header;
            return header >= TCP_BYTES && payload <= length;
        }
    }

    /** Nothing to do. */
    public Segments() {}

    /**
     * Whether a frame makes sense: what it leaves to do lies within it and its headers are what it says. A frame from somebody who is not
     * trusted is checked before anybody acts on what it asks for.
     *
     * @param of the frame
     * @return false for one that is to be dropped
     */
    public boolean isSound(Frame of) {
        if (of.length() < Frame.HEADER_BYTES) {
            return false;
        }
        if (of.hasChecksumToDo() && of.checksumStart() + of.checksumOffset() > of.length() - 2) {
            return false;
        }
        return of.segmentation() == Segmentation.NONE
                || of.hasChecksumToDo()
                        && of.segmentBytes() >= LEAST_SEGMENT_BYTES
                        && headers.find(of)
                        && of.checksumStart() == headers.transport
                        && of.checksumOffset() == TCP_CHECKSUM;
    }

    /**
     * Begins with a frame.
     *
     * @param of not to be changed until {@link #next} returns false
     * @return false for one that is not sound: there is no piece of it
     */
    public boolean begin(Frame of) {
        over = !isSound(of);
        frame = of;
        next = 0;
        return !over;
    }

    /**
     * Makes the next piece, which is complete.
     *
     * @param piece filled
     * @return false when there is none any more
     */
    public boolean next(Frame piece) {
        if (over) {
            return false;
        }
        if (frame.segmentation() != Segmentation.NONE) {
            cut(piece);
            return true;
        }
        over = true;
        piece.set(frame);
        piece.reset(frame.length());
        if (frame.hasChecksumToDo()) {
            int start = frame.checksumStart();
            int sum = InternetChecksum.sum(piece.memory(), start, frame.length() - start, 0);
            put16(piece.memory(), start + frame.checksumOffset(), InternetChecksum.transportField(sum));
        }
        if (frame.hasChecksumToDo() || frame.hasChecksumGood()) {
            piece.withChecksumGood();
        }
        return true;
    }

    private void cut(Frame piece) {
        int payload = headers.payload;
        int from = payload + next * frame.segmentBytes();
        int bytes = Math.min(frame.segmentBytes(), frame.length() - from);
        boolean last = from + bytes == frame.length();
        piece.reset(payload + bytes);
        MemorySegment target = piece.memory();
        MemorySegment.copy(frame.memory(), 0, target, 0, payload);
        MemorySegment.copy(frame.memory(), from, target, payload, bytes);
        int sum = networkHeader(target, piece.length());
        int tcp = headers.transport;
        target.set(U32, tcp + TCP_SEQUENCE, target.get(U32, tcp + TCP_SEQUENCE) + next * frame.segmentBytes());
        int flags = u8(target, tcp + TCP_FLAGS) & (last ? -1 : ~FIN_PSH) & (next == 0 ? -1 : ~CWR);
        target.set(ValueLayout.JAVA_BYTE, tcp + TCP_FLAGS, (byte) flags);
        put16(target, tcp + TCP_CHECKSUM, 0);
        sum = InternetChecksum.sum(target, tcp, piece.length() - tcp, sum);
        put16(target, tcp + TCP_CHECKSUM, InternetChecksum.transportField(sum));
        piece.withChecksumGood();
        next++;
        over = last;
    }

    /** Completes the network's header of a piece; returns the sum of the pseudo header. */
    private int networkHeader(MemorySegment target, int length) {
        int ip = headers.network;
        long pseudo = TCP + length - headers.transport;
        if (frame.segmentation() == Segmentation.TCP4) {
            put16(target, ip + IPV4_LENGTH, length - ip);
            put16(target, ip + IPV4_ID, u16(target, ip + IPV4_ID) + next);
            put16(target, ip + IPV4_CHECKSUM, 0);
            int sum = InternetChecksum.sum(target, ip, headers.transport - ip, 0);
            put16(target, ip + IPV4_CHECKSUM, InternetChecksum.field(sum));
            return InternetChecksum.sum(target, ip + IPV4_ADDRESSES, 8, InternetChecksum.fold(pseudo));
        }
        put16(target, ip + IPV6_LENGTH, length - headers.transport);
        return InternetChecksum.sum(target, ip + IPV6_ADDRESSES, 32, InternetChecksum.fold(pseudo));
    }

    private static int u8(MemorySegment bytes, int at) {
        return bytes.get(ValueLayout.JAVA_BYTE, at) & 0xff;
    }

    private static int u16(MemorySegment bytes, int at) {
        return bytes.get(U16, at) & 0xffff;
    }

    private static void put16(MemorySegment bytes, int at, int value) {
        bytes.set(U16, at, (short) value);
    }
}
