package dev.backplane.cpu.bt.internal.translate;

/** How a guest address comes about: registers, a displacement, a segment. Reused for one operand after the other. */
final class GuestAddress {
    /** A segment whose base is zero. */
    static final int FLAT = 0;

    int base;
    int index;
    int scale;
    /** The number of FS or GS, or {@link #FLAT}. */
    int segment;
    /** Is the whole address where there is no register. */
    long displacement;
    /** Has 64 bits. */
    boolean wide;

    void set(int baseRegister, int indexRegister, int shift, long offset, int segmentRegister, boolean whole) {
        base = baseRegister;
        index = indexRegister;
        scale = shift;
        displacement = offset;
        segment = segmentRegister;
        wide = whole;
    }

    void set(GuestAddress other) {
        set(other.base, other.index, other.scale, other.displacement, other.segment, other.wide);
    }

    /** All but the displacement, for {@link #unpack}. */
    int pack() {
        return base | index << 8 | scale << 16 | segment << 20 | (wide ? 1 << 24 : 0);
    }

    void unpack(int packed, long offset) {
        set(packed & 0xFF, packed >> 8 & 0xFF, packed >> 16 & 15, offset, packed >> 20 & 15, packed >> 24 != 0);
    }

    /** Differs in the displacement only. */
    boolean like(GuestAddress other) {
        return pack() == other.pack();
    }

    boolean has(int register) {
        return base == register || index == register;
    }
}
