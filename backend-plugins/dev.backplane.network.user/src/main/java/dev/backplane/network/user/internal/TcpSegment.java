package dev.backplane.network.user.internal;

/** A segment of the guest whose header has been checked (RFC 9293 3.1). There is one, used again and again. */
final class TcpSegment {
    static final int HEADER_BYTES = 20;
    static final int CHECKSUM = 16;

    static final int FIN = 0x01;
    static final int SYN = 0x02;
    static final int RST = 0x04;
    static final int PSH = 0x08;
    static final int ACK = 0x10;

    /** Without the option (RFC 9293 3.7.1). */
    static final int DEFAULT_SEGMENT_BYTES = 536;

    private static final int END_OF_OPTIONS = 0;
    private static final int NO_OPERATION = 1;
    private static final int SEGMENT_SIZE = 2;
    private static final int SEGMENT_SIZE_BYTES = 4;

    int guestPort;
    int peerPort;
    int sequence;
    int acknowledgment;
    int window;
    /** What the guest takes in one segment; only where it says SYN. */
    int segmentBytes;

    byte[] bytes = new byte[0];
    /** Where its data begins, and how much that is. */
    int data;

    int length;
    private int flags;

    /** Reads a segment; false where its header makes no sense. */
    boolean read(Packet packet) {
        int at = packet.payload;
        if (packet.length() < HEADER_BYTES || !packet.isSound()) {
            return false;
        }
        bytes = packet.bytes;
        int header = 4 * (Wire.u8(bytes, at + 12) >>> 4);
        if (header < HEADER_BYTES || header > packet.length()) {
            return false;
        }
        guestPort = Wire.u16(bytes, at);
        peerPort = Wire.u16(bytes, at + 2);
        sequence = Wire.i32(bytes, at + 4);
        acknowledgment = Wire.i32(bytes, at + 8);
        flags = Wire.u8(bytes, at + 13);
        window = Wire.u16(bytes, at + 14);
        data = at + header;
        length = packet.end - data;
        segmentBytes = DEFAULT_SEGMENT_BYTES;
        if (has(SYN)) {
            readOptions(at + HEADER_BYTES, data);
        }
        return guestPort != 0 && peerPort != 0 && !(has(SYN) && (has(FIN) || has(RST)));
    }

    /** Options that make no sense end the list; what was read before them holds. */
    private void readOptions(int from, int end) {
        int at = from;
        while (at < end && Wire.u8(bytes, at) != END_OF_OPTIONS) {
            if (Wire.u8(bytes, at) == NO_OPERATION) {
                at++;
                continue;
            }
            if (at + 2 > end || Wire.u8(bytes, at + 1) < 2 || at + Wire.u8(bytes, at + 1) > end) {
                return;
            }
            if (Wire.u8(bytes, at) == SEGMENT_SIZE && Wire.u8(bytes, at + 1) == SEGMENT_SIZE_BYTES) {
                segmentBytes = Wire.u16(bytes, at + 2);
            }
            at += Wire.u8(bytes, at + 1);
        }
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** How much of the sequence it takes. */
    int span() {
        return length + (has(SYN) ? 1 : 0) + (has(FIN) ? 1 : 0);
    }

    /** Puts a header without options before data that is already in its place. Its checksum is left to do. */
    static void put(byte[] bytes, int at, Flow flow, int sequence, int acknowledgment, int flags, int window) {
        Wire.put16(bytes, at, flow.peerPort);
        Wire.put16(bytes, at + 2, flow.guestPort);
        Wire.put32(bytes, at + 4, sequence);
        Wire.put32(bytes, at + 8, acknowledgment);
        Wire.put16(bytes, at + 12, HEADER_BYTES / 4 << 12 | flags);
        Wire.put16(bytes, at + 14, window);
        Wire.put32(bytes, at + CHECKSUM, 0);
    }

    /** Puts the only option that we send behind such a header; returns the length of both. */
    static int putSegmentSize(byte[] bytes, int at, int segmentBytes) {
        Wire.put32(bytes, at + HEADER_BYTES, SEGMENT_SIZE << 24 | SEGMENT_SIZE_BYTES << 16 | segmentBytes);
        bytes[at + 12] = (byte) ((HEADER_BYTES + SEGMENT_SIZE_BYTES) / 4 << 4);
        return HEADER_BYTES + SEGMENT_SIZE_BYTES;
    }
}
