package dev.backplane.x86.simd;

/**
 * The AES instructions (FIPS 197; SDM volume 1, 12.13): one round on the state in the destination, with the round key in the
 * source. Byte n of the register is row n mod 4, column n / 4 of the state. Table-driven, hence not constant-time.
 */
final class Aes {
    private static final int[] SBOX = new int[256];
    private static final int[] INVERSE_SBOX = new int[256];

    /** SubBytes and MixColumns of one byte in row 0: a column. Other rows are rotations of it. */
    private static final int[] ENCRYPT = new int[256];

    /** InvSubBytes and InvMixColumns of one byte in row 0. */
    private static final int[] DECRYPT = new int[256];

    static {
        // The powers of the generator 3 reach every element of the field but zero; its inverse's powers run backwards.
        int power = 1;
        int inverse = 1;
        do {
            power = times(power, 3);
            inverse = times(inverse, 0xF6);
            int rotations = inverse * 0x0101;
            int affine = inverse ^ rotations >> 7 ^ rotations >> 6 ^ rotations >> 5 ^ rotations >> 4;
            SBOX[power] = affine & 0xFF ^ 0x63;
        } while (power != 1);
        SBOX[0] = 0x63;
        for (int i = 0; i < 256; i++) {
            INVERSE_SBOX[SBOX[i]] = i;
        }
        for (int i = 0; i < 256; i++) {
            int s = SBOX[i];
            ENCRYPT[i] = times(s, 2) | s << 8 | s << 16 | times(s, 3) << 24;
            int r = INVERSE_SBOX[i];
            DECRYPT[i] = times(r, 14) | times(r, 9) << 8 | times(r, 13) << 16 | times(r, 11) << 24;
        }
    }

    private Aes() {}

    /** Product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
    private static int times(int a, int b) {
        int product = 0;
        int term = a;
        for (int rest = b; rest != 0; rest >>= 1) {
            product ^= (rest & 1) != 0 ? term : 0;
            term = term << 1 ^ ((term & 0x80) != 0 ? 0x11B : 0);
        }
        return product;
    }

    static void encrypt(long[] x, int d, long keyLow, long keyHigh, int ignored) {
        long low = x[d];
        long high = x[d + 1];
        x[d] = Singles.pair(mixed(ENCRYPT, low, high, 0, 1), mixed(ENCRYPT, low, high, 1, 1)) ^ keyLow;
        x[d + 1] = Singles.pair(mixed(ENCRYPT, low, high, 2, 1), mixed(ENCRYPT, low, high, 3, 1)) ^ keyHigh;
    }

    static void encryptLast(long[] x, int d, long keyLow, long keyHigh, int ignored) {
        long low = x[d];
        long high = x[d + 1];
        x[d] = Singles.pair(plain(SBOX, low, high, 0, 1), plain(SBOX, low, high, 1, 1)) ^ keyLow;
        x[d + 1] = Singles.pair(plain(SBOX, low, high, 2, 1), plain(SBOX, low, high, 3, 1)) ^ keyHigh;
    }

    static void decrypt(long[] x, int d, long keyLow, long keyHigh, int ignored) {
        long low = x[d];
        long high = x[d + 1];
        x[d] = Singles.pair(mixed(DECRYPT, low, high, 0, 3), mixed(DECRYPT, low, high, 1, 3)) ^ keyLow;
        x[d + 1] = Singles.pair(mixed(DECRYPT, low, high, 2, 3), mixed(DECRYPT, low, high, 3, 3)) ^ keyHigh;
    }

    static void decryptLast(long[] x, int d, long keyLow, long keyHigh, int ignored) {
        long low = x[d];
        long high = x[d + 1];
        x[d] = Singles.pair(plain(INVERSE_SBOX, low, high, 0, 3), plain(INVERSE_SBOX, low, high, 1, 3)) ^ keyLow;
        x[d + 1] = Singles.pair(plain(INVERSE_SBOX, low, high, 2, 3), plain(INVERSE_SBOX, low, high, 3, 3)) ^ keyHigh;
    }

    /** AESIMC. The decryption table undoes the substitution that comes first here. */
    static void inverseMixColumns(long[] x, int d, long low, long high, int ignored) {
        x[d] = Singles.pair(inverseMixed((int) low), inverseMixed((int) (low >>> 32)));
        x[d + 1] = Singles.pair(inverseMixed((int) high), inverseMixed((int) (high >>> 32)));
    }

    private static int inverseMixed(int column) {
        int substituted = substituted(column);
        return mixed(DECRYPT, substituted & 0xFFFF_FFFFL, 0, 0, 0);
    }

    static void keyAssist(long[] x, int d, long low, long high, int constant) {
        x[d] = keyAssist((int) (low >>> 32), constant);
        x[d + 1] = keyAssist((int) (high >>> 32), constant);
    }

    private static long keyAssist(int word, int constant) {
        int substituted = substituted(word);
        return Singles.pair(substituted, Integer.rotateRight(substituted, 8) ^ constant);
    }

    private static int substituted(int word) {
        return SBOX[word & 0xFF]
                | SBOX[word >>> 8 & 0xFF] << 8
                | SBOX[word >>> 16 & 0xFF] << 16
                | SBOX[word >>> 24] << 24;
    }

    /** One column of the next state; row n comes from the column n * shift further right. */
    private static int mixed(int[] table, long low, long high, int column, int shift) {
        return table[cell(low, high, column, 0)]
                ^ Integer.rotateLeft(table[cell(low, high, column + shift, 1)], 8)
                ^ Integer.rotateLeft(table[cell(low, high, column + 2 * shift, 2)], 16)
                ^ Integer.rotateLeft(table[cell(low, high, column + 3 * shift, 3)], 24);
    }

    private static int plain(int[] table, long low, long high, int column, int shift) {
        return table[cell(low, high, column, 0)]
                | table[cell(low, high, column + shift, 1)] << 8
                | table[cell(low, high, column + 2 * shift, 2)] << 16
                | table[cell(low, high, column + 3 * shift, 3)] << 24;
    }

    private static int cell(long low, long high, int column, int row) {
        return (int) (((column & 2) == 0 ? low : high) >>> ((column & 1) << 5) + (row << 3)) & 0xFF;
    }
}
