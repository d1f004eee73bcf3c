package dev.backplane.api.network;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The checksum of IP, TCP, UDP and ICMP (RFC 1071): the ones' complement sum of big-endian 16-bit words. Allocates nothing. */
public final class InternetChecksum {
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private InternetChecksum() {}

    /**
     * Sums a stretch of memory.
     *
     * @param memory where it is
     * @param offset its first byte
     * @param bytes its length; an odd last byte is the upper half of a word (RFC 1071, 4.1)
     * @param before the sum of what else belongs to it, for instance of a pseudo header; 0 for nothing
     * @return the sum, 16 bits
     */
    public static int sum(MemorySegment memory, long offset, long bytes, int before) {
        long sum = before;
        long at = offset;
        long end = offset + bytes;
        for (; at <= end - 8; at += 8) {
            // Both halves are sums of words times a power of 2^16, which is 1 in this arithmetic: up to 2^31 of them
            // fit.
            long eight = memory.get(U64, at);
            sum += (eight >>> 32) + (eight & 0xffff_ffffL);
        }
        if (at <= end - 4) {
            sum += memory.get(U32, at) & 0xffff_ffffL;
            at += 4;
        }
        if (at <= end - 2) {
            sum += (memory.get(ValueLayout.JAVA_BYTE, at) & 0xff) << 8
                    | memory.get(ValueLayout.JAVA_BYTE, at + 1) & 0xff;
            at += 2;
        }
        if (at < end) {
            sum += (memory.get(ValueLayout.JAVA_BYTE, at) & 0xff) << 8;
        }
        return fold(sum);
    }

    /**
     * Folds a sum of many words to one.
     *
     * @param sum not negative
     * @return 16 bits
     */
    public static int fold(long sum) {
        long folded = sum;
        while (folded >>> 16 != 0) {
            folded = (folded & 0xffff) + (folded >>> 16);
        }
        return (int) folded;
    }

    /**
     * What is written into the field of a sum.
     *
     * @param sum the sum of everything, the field taken as zero
     * @return its complement
     */
    public static int field(int sum) {
        return ~sum & 0xffff;
    }

    /**
     * As {@link #field} for TCP and UDP, where zero in UDP means that there is none (RFC 768): all ones is the same number.
     *
     * @param sum the sum of everything, the field taken as zero
     * @return its complement, never zero
     */
    public static int transportField(int sum) {
        int field = field(sum);
        return field == 0 ? 0xffff : field;
    }
}
