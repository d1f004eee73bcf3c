package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.cpu.VcpuState.Segment;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** {@code struct kvm_segment}, and where its instances stand in {@code struct kvm_sregs}. */
final class SegmentLayout {
    static final int CS = 0;
    static final int DS = 24;
    static final int ES = 48;
    static final int FS = 72;
    static final int GS = 96;
    static final int SS = 120;
    static final int TR = 144;
    static final int LDT = 168;

    /** In the order of {@link dev.backplane.api.cpu.VcpuState#segments}. */
    static final int[] ALL = {ES, CS, SS, DS, FS, GS, LDT, TR};

    static final int[] DATA = {ES, SS, DS, FS, GS};

    private static final int LIMIT = 8;
    private static final int SELECTOR = 12;
    private static final int TYPE = 14;
    private static final int PRESENT = 15;
    private static final int DPL = 16;
    private static final int DB = 17;
    private static final int S = 18;
    private static final int L = 19;
    private static final int G = 20;
    private static final int AVL = 21;
    private static final int UNUSABLE = 22;

    private SegmentLayout() {}

    static void put(MemorySegment sregs, int at, Segment segment) {
        put(sregs, at, segment.selector(), segment.base(), segment.limit(), segment.attributes());
    }

    /** Writes a segment; attributes as {@link Segment#attributes}. */
    static void put(MemorySegment sregs, int at, int selector, long base, long limit, int attributes) {
        boolean unusable = (attributes & 1 << 16) != 0;
        sregs.set(ValueLayout.JAVA_LONG, at, base);
        sregs.set(ValueLayout.JAVA_INT, at + LIMIT, (int) limit);
        sregs.set(ValueLayout.JAVA_SHORT, at + SELECTOR, (short) selector);
        bits(sregs, at + TYPE, attributes & 0xf);
        bits(sregs, at + PRESENT, unusable ? 0 : attributes >>> 7 & 1);
        bits(sregs, at + DPL, attributes >>> 5 & 3);
        bits(sregs, at + DB, attributes >>> 14 & 1);
        bits(sregs, at + S, attributes >>> 4 & 1);
        bits(sregs, at + L, attributes >>> 13 & 1);
        bits(sregs, at + G, attributes >>> 15 & 1);
        bits(sregs, at + AVL, attributes >>> 12 & 1);
        bits(sregs, at + UNUSABLE, unusable ? 1 : 0);
    }

    private static void bits(MemorySegment sregs, int at, int value) {
        sregs.set(ValueLayout.JAVA_BYTE, at, (byte) value);
    }

    static Segment get(MemorySegment sregs, int at) {
        boolean unusable = bits(sregs, at + UNUSABLE) != 0;
        int attributes = bits(sregs, at + TYPE)
                | bits(sregs, at + S) << 4
                | bits(sregs, at + DPL) << 5
                | bits(sregs, at + PRESENT) << 7
                | bits(sregs, at + AVL) << 12
                | bits(sregs, at + L) << 13
                | bits(sregs, at + DB) << 14
                | bits(sregs, at + G) << 15;
        return new Segment(
                sregs.get(ValueLayout.JAVA_SHORT, at + SELECTOR) & 0xffff,
                sregs.get(ValueLayout.JAVA_LONG, at),
                sregs.get(ValueLayout.JAVA_INT, at + LIMIT) & 0xffff_ffffL,
                unusable ? attributes & ~(1 << 7) | 1 << 16 : attributes);
    }

    private static int bits(MemorySegment sregs, int at) {
        return sregs.get(ValueLayout.JAVA_BYTE, at);
    }
}
