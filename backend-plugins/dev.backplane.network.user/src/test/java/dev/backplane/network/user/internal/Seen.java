package dev.backplane.network.user.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

/** A frame that the guest got, taken to pieces. Whatever is made of it, it must be sound. */
record Seen(byte[] frame) {
    Seen {
        assertTrue(frame.length >= 14, "a frame of " + frame.length + " bytes");
        assertArrayEquals(Wires.GATEWAY_MAC, Arrays.copyOfRange(frame, 6, 12));
        if (type(frame) == 0x0800) {
            check4(frame);
        } else if (type(frame) == 0x86dd) {
            check6(frame);
        } else {
            assertEquals(0x0806, type(frame));
        }
    }

    private static int type(byte[] frame) {
        return ByteBuffer.wrap(frame).getShort(12) & 0xffff;
    }

    private static void check4(byte[] frame) {
        ByteBuffer bytes = ByteBuffer.wrap(frame);
        assertEquals(0x45, bytes.get(14));
        assertEquals(frame.length - 14, bytes.getShort(16) & 0xffff, "total length");
        assertEquals(0, Wires.checksum(Arrays.copyOfRange(frame, 14, 34)), "header checksum");
        if ((bytes.getShort(20) & 0x3fff) == 0) {
            checkTransport(frame, Arrays.copyOfRange(frame, 26, 34), frame[23] & 0xff, 34);
        }
    }

    private static void check6(byte[] frame) {
        assertEquals(6, frame[14] >>> 4);
        assertEquals(frame.length - 54, ByteBuffer.wrap(frame).getShort(18) & 0xffff, "payload length");
        if (frame[20] != 44) {
            checkTransport(frame, Arrays.copyOfRange(frame, 22, 54), frame[20] & 0xff, 54);
        }
    }

    private static void checkTransport(byte[] frame, byte[] addresses, int protocol, int at) {
        byte[] transport = Arrays.copyOfRange(frame, at, frame.length);
        byte[] pseudo =
                protocol == 1 ? new byte[0] : Wires.join(addresses, Wires.u32(protocol), Wires.u32(transport.length));
        assertEquals(0, Wires.checksum(Wires.join(pseudo, transport)), "checksum of protocol " + protocol);
    }

    int type() {
        return type(frame);
    }

    boolean isV4() {
        return type() == 0x0800;
    }

    int protocol() {
        return frame[isV4() ? 23 : 20] & 0xff;
    }

    boolean is(int protocol) {
        return type() != 0x0806 && protocol() == protocol;
    }

    private int at() {
        return isV4() ? 34 : 54;
    }

    String source() {
        return isV4() ? address(26, 4) : address(22, 16);
    }

    String target() {
        return isV4() ? address(30, 4) : address(38, 16);
    }

    private String address(int from, int length) {
        try {
            return InetAddress.getByAddress(Arrays.copyOfRange(frame, from, from + length))
                    .getHostAddress();
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    /** What the network header carries. */
    byte[] payload() {
        return Arrays.copyOfRange(frame, at(), frame.length);
    }

    int u8(int offset) {
        return frame[at() + offset] & 0xff;
    }

    int u16(int offset) {
        return ByteBuffer.wrap(frame).getShort(at() + offset) & 0xffff;
    }

    int i32(int offset) {
        return ByteBuffer.wrap(frame).getInt(at() + offset);
    }

    int from() {
        return u16(0);
    }

    int to() {
        return u16(2);
    }

    int seq() {
        return i32(4);
    }

    int ack() {
        return i32(8);
    }

    int flags() {
        return u8(13);
    }

    boolean has(int flag) {
        return (flags() & flag) != 0;
    }

    int window() {
        return u16(14);
    }

    /** The data of a segment or datagram. */
    byte[] data() {
        int header = protocol() == 6 ? (u8(12) >>> 4) * 4 : 8;
        return Arrays.copyOfRange(frame, at() + header, frame.length);
    }

    @Override
    public String toString() {
        return HexFormat.of().formatHex(frame);
    }
}
