package dev.backplane.x86.system;

import dev.backplane.x86.state.Seg;

/** The fields of an 8-byte segment or gate descriptor (SDM 3A, 3.4.5, 6.8.3, 7.11). */
final class Descriptor {
    // System segment types.
    static final int TSS16 = 1;
    static final int LDT = 2;
    static final int TSS16_BUSY = 3;
    static final int CALL_GATE16 = 4;
    static final int TASK_GATE = 5;
    static final int INTERRUPT_GATE16 = 6;
    static final int TRAP_GATE16 = 7;
    /** 32 bits; 64 in long mode, as all that follow. */
    static final int TSS = 9;

    static final int TSS_BUSY = 11;
    static final int CALL_GATE = 12;
    static final int INTERRUPT_GATE = 14;
    static final int TRAP_GATE = 15;
    /** What makes an available TSS busy. */
    static final int BUSY = 2;

    private Descriptor() {}

    static long base(long descriptor) {
        return descriptor >>> 16 & 0xff_ffff | descriptor >>> 32 & 0xff00_0000L;
    }

    /** In bytes, granularity applied. */
    static long limit(long descriptor) {
        long limit = descriptor & 0xffff | descriptor >>> 32 & 0xf_0000;
        return (descriptor & 1L << 55) != 0 ? limit << 12 | 0xfff : limit;
    }

    /** In the form of {@link Seg}. */
    static int attributes(long descriptor) {
        return (int) (descriptor >>> 40) & 0xf0ff;
    }

    static int type(int attributes) {
        return attributes & Seg.TYPE;
    }

    static int dpl(int attributes) {
        return attributes >>> Seg.DPL_SHIFT & 3;
    }

    static boolean present(int attributes) {
        return (attributes & Seg.P) != 0;
    }

    static boolean isSystem(int attributes) {
        return (attributes & Seg.S) == 0;
    }

    static boolean isCode(int attributes) {
        return (attributes & (Seg.S | Seg.CODE)) == (Seg.S | Seg.CODE);
    }

    static boolean isConforming(int attributes) {
        return (attributes & (Seg.S | Seg.CODE | Seg.EXPAND_DOWN)) == (Seg.S | Seg.CODE | Seg.EXPAND_DOWN);
    }

    static boolean isWritableData(int attributes) {
        return (attributes & (Seg.S | Seg.CODE | Seg.WRITABLE)) == (Seg.S | Seg.WRITABLE);
    }

    /** Data, or code that may be read. */
    static boolean isReadable(int attributes) {
        return (attributes & Seg.S) != 0 && ((attributes & Seg.CODE) == 0 || (attributes & Seg.WRITABLE) != 0);
    }

    /** A data segment, or code whose privilege counts: what an outer ring must not keep. */
    static boolean isPrivileged(int attributes) {
        return (attributes & Seg.S) == 0 || !isConforming(attributes);
    }

    static int gateSelector(long gate) {
        return (int) (gate >>> 16) & 0xffff;
    }

    /** The entry point of a gate, of its low eight bytes. */
    static long gateOffset(long gate, boolean wide) {
        return wide ? gate & 0xffff | gate >>> 32 & 0xffff_0000L : gate & 0xffff;
    }
}
