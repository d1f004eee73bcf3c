package dev.backplane.api.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.network.Frame.Segmentation;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Segmentation and checksums in software: each piece is checked by sums that are made word by word. */
class SegmentsTest {
    private static final int CWR = 0x80;
    private static final int PSH = 0x08;
    private static final int FIN = 0x01;

    /** A TCP segment of any length with headers of any length, as a driver leaves it. */
    private record Tcp(byte[] bytes, int ip, int tcp, int payload, boolean four) {
        static Tcp of(Random random, boolean four, int payload) {
            int ip = random.nextBoolean() ? 14 : 18;
            int tcp = ip + (four ? 20 + 4 * random.nextInt(11) : 40);
            int begin = tcp + 20 + 4 * random.nextInt(11);
            byte[] bytes = new byte[begin + payload];
            random.nextBytes(bytes);
            ByteBuffer frame = ByteBuffer.wrap(bytes);
            if (ip == 18) {
                frame.putShort(12, (short) 0x8100);
            }
            frame.putShort(ip - 2, (short) (four ? 0x0800 : 0x86dd));
            if (four) {
                frame.put(ip, (byte) (0x40 | (tcp - ip) / 4))
                        .putShort(ip + 6, (short) 0x4000)
                        .put(ip + 9, (byte) 6);
            } else {
                frame.put(ip, (byte) 0x60).put(ip + 6, (byte) 6);
            }
            frame.put(tcp + 12, (byte) ((begin - tcp) / 4 << 4));
            return new Tcp(bytes, ip, tcp, begin, four);
        }

        Frame frame(int segment) {
            return new Frame()
                    .set(bytes)
                    .withChecksumToDo(tcp, 16)
                    .withSegmentation(four ? Segmentation.TCP4 : Segmentation.TCP6, segment);
        }
    }

    @Test
    void thePiecesOfATcpSegmentAreSegmentsWithTheSameStream() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            Tcp tcp = Tcp.of(random, random.nextBoolean(), random.nextInt(round % 10 == 0 ? 65_000 : 9000));
            int segment = Segments.LEAST_SEGMENT_BYTES + random.nextInt(3000);
            check(tcp, segment, "seed " + seed + ", round " + round);
        }
    }

    private static void check(Tcp tcp, int segment, String message) {
        Segments segments = new Segments();
        Frame piece = new Frame();
        ByteBuffer whole = ByteBuffer.wrap(tcp.bytes);
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        assertTrue(segments.begin(tcp.frame(segment)), message);
        int pieces = 0;
        int total = Math.max(1, Math.ceilDiv(tcp.bytes.length - tcp.payload, segment));
        while (segments.next(piece)) {
            byte[] bytes = piece.toByteArray();
            ByteBuffer made = ByteBuffer.wrap(bytes);
            assertTrue(piece.hasChecksumGood() && !piece.hasChecksumToDo(), message);
            assertEquals(Segmentation.NONE, piece.segmentation());
            assertTrue(bytes.length <= tcp.payload + segment, message);
            assertEquals(whole.getInt(tcp.tcp + 4) + stream.size(), made.getInt(tcp.tcp + 4), message);
            int flags = whole.get(tcp.tcp + 13);
            flags &= pieces == 0 ? -1 : ~CWR;
            flags &= pieces == total - 1 ? -1 : ~(PSH | FIN);
            assertEquals((byte) flags, made.get(tcp.tcp + 13), message);
            checkIp(tcp, made, bytes, pieces, message);
            stream.write(bytes, tcp.payload, bytes.length - tcp.payload);
            pieces++;
        }
        assertEquals(total, pieces, message);
        assertArrayEquals(
                java.util.Arrays.copyOfRange(tcp.bytes, tcp.payload, tcp.bytes.length), stream.toByteArray(), message);
    }

    private static void checkIp(Tcp tcp, ByteBuffer made, byte[] bytes, int number, String message) {
        int ip = tcp.ip;
        int length = bytes.length - tcp.tcp;
        long pseudo = 6 + length;
        if (tcp.four) {
            assertEquals(bytes.length - ip, made.getShort(ip + 2) & 0xffff, message);
            int id = ByteBuffer.wrap(tcp.bytes).getShort(ip + 4) + number;
            assertEquals((short) id, made.getShort(ip + 4), message);
            assertEquals(0xffff, sum(bytes, ip, tcp.tcp - ip, 0), message);
            pseudo = sum(bytes, ip + 12, 8, pseudo);
        } else {
            assertEquals(length, made.getShort(ip + 4) & 0xffff, message);
            pseudo = sum(bytes, ip + 8, 32, pseudo);
        }
        assertEquals(0xffff, sum(bytes, tcp.tcp, length, pseudo), message);
    }

    private static int sum(byte[] bytes, int at, int length, long before) {
        long sum = before;
        for (int i = 0; i < length; i++) {
            sum += (bytes[at + i] & 0xffL) << ((i & 1) == 0 ? 8 : 0);
        }
        while (sum > 0xffff) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) sum;
    }

    @Test
    void aChecksumIsPutWhereItBelongs() {
        byte[] bytes = new byte[61];
        new Random(3).nextBytes(bytes);
        // The field has the sum of a pseudo header.
        bytes[40] = 0x12;
        bytes[41] = 0x34;
        Segments segments = new Segments();
        assertTrue(segments.begin(new Frame().set(bytes).withChecksumToDo(34, 6)));
        Frame piece = new Frame();
        assertTrue(segments.next(piece));
        int field = InternetChecksum.transportField(sum(bytes, 34, bytes.length - 34, 0));
        bytes[40] = (byte) (field >>> 8);
        bytes[41] = (byte) field;
        assertArrayEquals(bytes, piece.toByteArray());
        assertTrue(piece.hasChecksumGood());
        assertFalse(segments.next(piece));
    }

    @Test
    void aFrameThatLeavesNothingToDoIsItsOnlyPiece() {
        Segments segments = new Segments();
        Frame piece = new Frame();
        assertTrue(segments.begin(new Frame().set(new byte[60])));
        assertTrue(segments.next(piece));
        assertEquals(60, piece.length());
        assertFalse(piece.hasChecksumGood());
        assertFalse(segments.next(piece));
    }

    @Test
    void aFrameThatLiesHasNoPiece() {
        Random random = new Random(5);
        Segments segments = new Segments();
        Tcp four = Tcp.of(random, true, 5000);
        Tcp six = Tcp.of(random, false, 5000);
        assertFalse(segments.begin(new Frame().set(new byte[13])), "no Ethernet header");
        assertFalse(segments.begin(new Frame().set(new byte[60]).withChecksumToDo(50, 9)), "a field behind the end");
        assertFalse(segments.begin(new Frame().set(new byte[60]).withChecksumToDo(65_535, 65_535)));
        assertFalse(segments.begin(four.frame(47)), "segments that are too small");
        assertFalse(segments.begin(four.frame(0)));
        assertFalse(segments.begin(four.frame(1000).withSegmentation(Segmentation.TCP6, 1000)), "another protocol");
        assertFalse(segments.begin(six.frame(1000).withSegmentation(Segmentation.TCP4, 1000)));
        assertFalse(segments.begin(four.frame(1000).withChecksumToDo(four.tcp + 4, 12)), "a checksum elsewhere");
        assertFalse(
                segments.begin(new Frame().set(four.bytes).withSegmentation(Segmentation.TCP4, 1000)), "no checksum");
        byte[] fragment = four.bytes.clone();
        fragment[four.ip + 6] = 0x20;
        assertFalse(segments.begin(new Tcp(fragment, four.ip, four.tcp, four.payload, true).frame(1000)), "a fragment");
        byte[] shortHeader = four.bytes.clone();
        shortHeader[four.tcp + 12] = 0x40;
        assertFalse(segments.begin(new Tcp(shortHeader, four.ip, four.tcp, four.payload, true).frame(1000)));
        assertFalse(segments.next(new Frame()));
    }

    @Test
    void noFrameWhateverItSaysMakesItThrowOrMakeMoreThanItsBound() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        Segments segments = new Segments();
        Frame piece = new Frame();
        for (int i = 0; i < 20_000; i++) {
            Tcp tcp = Tcp.of(random, random.nextBoolean(), random.nextInt(500));
            byte[] bytes = tcp.bytes.clone();
            for (int k = random.nextInt(4); k > 0; k--) {
                bytes[random.nextInt(Math.min(bytes.length, 80))] = (byte) random.nextInt();
            }
            bytes = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            Frame frame = new Frame(java.lang.foreign.MemorySegment.ofArray(new byte[bytes.length])).set(bytes);
            if (random.nextInt(8) > 0) {
                frame.withChecksumToDo(random.nextInt(4) > 0 ? tcp.tcp : random.nextInt(0x10000), 16);
            }
            frame.withSegmentation(Segmentation.values()[random.nextInt(3)], random.nextInt(200));
            int pieces = 0;
            if (segments.begin(frame)) {
                while (segments.next(piece)) {
                    pieces++;
                }
            }
            assertTrue(pieces <= 1 + bytes.length / Segments.LEAST_SEGMENT_BYTES, "seed " + seed);
        }
    }
}
