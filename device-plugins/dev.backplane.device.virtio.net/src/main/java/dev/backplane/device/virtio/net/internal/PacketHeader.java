package dev.backplane.device.virtio.net.internal;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.Frame.Segmentation;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** What stands before each packet (5.1.6): what is left to do to it. */
final class PacketHeader {
    static final int BYTES = 12;

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

    private PacketHeader() {}

    /**
     * Reads a driver's header into a frame.
     *
     * @return false for one that is not known
     */
    static boolean read(MemorySegment header, Frame frame) {
        if ((header.get(ValueLayout.JAVA_BYTE, FLAGS) & NEEDS_CSUM) != 0) {
            frame.withChecksumToDo(u16(header, CSUM_START), u16(header, CSUM_OFFSET));
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
     * Writes the header of a frame for a driver.
     *
     * @param good whether the driver understands that a checksum is good
     * @param buffers how many buffers it takes
     */
    static void write(MemorySegment header, Frame frame, boolean good, int buffers) {
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
