package dev.backplane.api.network;

import dev.backplane.api.network.Frame.Segmentation;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The header that stands before a packet in a virtio queue, at a tap and wherever else Linux passes on what is left to do to it (virtio 1.2,
 * 5.1.6; little-endian, with the number of buffers). Allocates nothing.
 */
public final class VirtioHeader {
    /** Its length. */
    public static final int BYTES = 12;

    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int FLAGS = 0;
    private static final int GSO_TYPE = 1;
    private static final int HDR_LEN = 2;
    private static final int GSO_SIZE = 4;
    private static final int CSUM_START = 6;
    private static final int CSUM_OFFSET = 8;
    private static final int NUM_BUFFERS = 10;

    private static final int NEEDS_CSUM = 1;
    private static final int DATA_VALID = 2;

    private static final int GSO_NONE = 0;
    private static final int GSO_TCPV4 = 1;
    private static final int GSO_TCPV6 = 4;
    private static final int GSO_ECN = 0x80;

    /** Where TCP says how long its header is. */
    private static final int TCP_OFFSET = 12;

    private VirtioHeader() {}

    /**
     * Reads a header into a frame, which says nothing yet.
     *
     * @param header at least {@link #BYTES}
     * @param frame told what is left to do; whether that makes sense says {@link Segments#isSound}
     * @param trusted whether a word is believed that a checksum is good
     * @return false for a header that is not known
     */
    public static boolean read(MemorySegment header, Frame frame, boolean trusted) {
        int flags = header.get(ValueLayout.JAVA_BYTE, FLAGS);
        if ((flags & NEEDS_CSUM) != 0) {
            frame.withChecksumToDo(u16(header, CSUM_START), u16(header, CSUM_OFFSET));
        } else if (trusted && (flags & DATA_VALID) != 0) {
            frame.withChecksumGood();
        }
        int gso = header.get(ValueLayout.JAVA_BYTE, GSO_TYPE) & 0xff;
        Segmentation segmentation;
        switch (gso & ~GSO_ECN) {
            case GSO_NONE -> segmentation = Segmentation.NONE;
            case GSO_TCPV4 -> segmentation = Segmentation.TCP4;
            case GSO_TCPV6 -> segmentation = Segmentation.TCP6;
            default -> {
                return false;
            }
        }
        if (segmentation != Segmentation.NONE) {
            frame.withSegmentation(segmentation, u16(header, GSO_SIZE));
            if ((gso & GSO_ECN) != 0) {
                frame.withCongestion();
            }
        }
        return true;
    }

    /**
     * Writes the header of a frame.
     *
     * @param header at least {@link #BYTES}
     * @param frame a sound one
     * @param good whether the reader understands that a checksum is good
     * @param buffers how many buffers the packet takes; 1 where that means nothing
     */
    public static void write(MemorySegment header, Frame frame, boolean good, int buffers) {
        header.fill((byte) 0);
        if (frame.hasChecksumToDo()) {
            header.set(ValueLayout.JAVA_BYTE, FLAGS, (byte) NEEDS_CSUM);
            put16(header, CSUM_START, frame.checksumStart());
            put16(header, CSUM_OFFSET, frame.checksumOffset());
        } else if (good && frame.hasChecksumGood()) {
            header.set(ValueLayout.JAVA_BYTE, FLAGS, (byte) DATA_VALID);
        }
        if (frame.segmentation() != Segmentation.NONE) {
            int type = frame.segmentation() == Segmentation.TCP4 ? GSO_TCPV4 : GSO_TCPV6;
            header.set(ValueLayout.JAVA_BYTE, GSO_TYPE, (byte) (frame.hasCongestion() ? type | GSO_ECN : type));
            int tcp = frame.checksumStart();
            int offset = frame.memory().get(ValueLayout.JAVA_BYTE, tcp + TCP_OFFSET) & 0xff;
            put16(header, HDR_LEN, tcp + 4 * (offset >>> 4));
            put16(header, GSO_SIZE, frame.segmentBytes());
        }
        put16(header, NUM_BUFFERS, buffers);
    }

    private static int u16(MemorySegment bytes, int at) {
        return bytes.get(U16, at) & 0xffff;
    }

    private static void put16(MemorySegment bytes, int at, int value) {
        bytes.set(U16, at, (short) value);
    }
}
