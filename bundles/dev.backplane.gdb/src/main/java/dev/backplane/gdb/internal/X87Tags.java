package dev.backplane.gdb.internal;

/** The tag word of x87, two bits a register, from XSAVE's one bit (Intel SDM 1, 10.5.1.1). */
final class X87Tags {
    private static final int STATUS = 2;
    private static final int TAGS = 4;
    private static final int ST = 32;
    private static final int TOP_SHIFT = 3;
    private static final int EXPONENT = 0x7fff;

    private static final int VALID = 0;
    private static final int ZERO = 1;
    private static final int SPECIAL = 2;
    private static final int EMPTY = 3;

    private X87Tags() {}

    static long full(byte[] xsave) {
        int top = xsave[STATUS + 1] >> TOP_SHIFT & 7;
        int tags = 0;
        for (int register = 0; register < 8; register++) {
            boolean used = (xsave[TAGS] >> register & 1) != 0;
            tags |= (used ? tag(xsave, ST + 16 * (register - top & 7)) : EMPTY) << 2 * register;
        }
        return tags;
    }

    private static int tag(byte[] xsave, int at) {
        int exponent = (xsave[at + 8] & 0xff | xsave[at + 9] << 8) & EXPONENT;
        boolean zero = true;
        for (int n = 0; n < 8; n++) {
            zero &= xsave[at + n] == 0;
        }
        if (exponent == 0) {
            return zero ? ZERO : SPECIAL;
        }
        return exponent == EXPONENT || xsave[at + 7] >= 0 ? SPECIAL : VALID;
    }

    static void set(byte[] xsave, long tags) {
        int used = 0;
        for (int register = 0; register < 8; register++) {
            used |= (tags >>> 2 * register & 3) == EMPTY ? 0 : 1 << register;
        }
        xsave[TAGS] = (byte) used;
    }
}
