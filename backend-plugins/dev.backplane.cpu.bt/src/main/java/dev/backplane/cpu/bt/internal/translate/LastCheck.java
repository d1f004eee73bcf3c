package dev.backplane.cpu.bt.internal.translate;

/**
 * What the last check of a memory operand is still good for. As long as nothing has changed the scratch registers, rcx has the page
 * and rax the offset that was checked; an operand that differs by a small displacement needs only to lie in that page. So
 * neighbours on a stack or in a structure share the look-up. Nothing invalidates the page meanwhile: that happens outside of emitted
 * code, where a block is not gone on with in the middle but at a check.
 */
final class LastCheck {
    /** Farther away it is rarely the same page. */
    private static final int NEAR = 2048;

    private final GuestAddress address = new GuestAddress();
    private boolean known;
    private int size;
    private boolean write;

    /** The scratch registers have been used, or something else may have happened. */
    void forget() {
        known = false;
    }

    boolean known() {
        return known;
    }

    /** As it was before code that is jumped over. */
    void restore(boolean wasKnown) {
        known = wasKnown;
    }

    /** So many bytes at an address have been checked: rcx has the page, rax the offset. */
    void checked(GuestAddress of, int bytes, boolean forWrite) {
        address.set(of);
        size = bytes;
        write = forWrite;
        known = of.wide;
    }

    /** A guest register has another value. */
    void changed(int register) {
        if (address.has(register)) {
            known = false;
        }
    }

    /** A guest register has grown by something. */
    void moved(int register, long by) {
        if (address.base == register && address.index != register) {
            address.displacement -= by;
        } else {
            changed(register);
        }
    }

    /** The operand has been checked. */
    boolean covers(GuestAddress operand, int bytes, boolean forWrite) {
        return reaches(operand, forWrite) && operand.displacement == address.displacement && bytes <= size;
    }

    /** The operand may be in the page that has been checked. */
    boolean reaches(GuestAddress operand, boolean forWrite) {
        return known && (write || !forWrite) && operand.like(address) && Math.abs(distance(operand)) < NEAR;
    }

    /** How far behind what has been checked an operand lies. */
    long distance(GuestAddress operand) {
        return operand.displacement - address.displacement;
    }
}
