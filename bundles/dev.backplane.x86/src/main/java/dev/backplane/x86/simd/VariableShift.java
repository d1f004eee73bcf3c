package dev.backplane.x86.simd;

/** AVX2's shifts of doublewords by a count of each lane's own, on one quadword. A count that exceeds the lane gives zeros, or signs. */
final class VariableShift {
    private VariableShift() {}

    static long psllvd(long a, long counts) {
        return Singles.pair(left((int) a, (int) counts), left((int) (a >>> 32), (int) (counts >>> 32)));
    }

    static long psrlvd(long a, long counts) {
        return Singles.pair(right((int) a, (int) counts), right((int) (a >>> 32), (int) (counts >>> 32)));
    }

    static long psravd(long a, long counts) {
        return Singles.pair(signed((int) a, (int) counts), signed((int) (a >>> 32), (int) (counts >>> 32)));
    }

    private static int left(int a, int count) {
        return exceeds(count) ? 0 : a << count;
    }

    private static int right(int a, int count) {
        return exceeds(count) ? 0 : a >>> count;
    }

    private static int signed(int a, int count) {
        return a >> (exceeds(count) ? 31 : count);
    }

    private static boolean exceeds(int count) {
        return (count & ~31) != 0;
    }
}
