package dev.backplane.virtio.internal;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** A descriptor: 16 bytes, of which both kinds of rings use the first twelve alike (2.7.5, 2.8.13), and the same flags. */
final class Descriptor {
    static final int BYTES = 16;

    static final long ADDRESS = 0;
    static final long LENGTH = 8;

    static final int NEXT = 1;
    static final int WRITE = 2;
    static final int INDIRECT = 4;

    /** An indirect table lies where the driver likes. */
    static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Descriptor() {}
}
