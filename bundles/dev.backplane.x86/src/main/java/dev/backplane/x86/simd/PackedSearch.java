package dev.backplane.x86.simd;

/** PHMINPOSUW and MPSADBW. */
public final class PackedSearch {
    private PackedSearch() {}

    /** The smallest of eight unsigned words, with its index above it. */
    public static long phminposuw(long low, long high) {
        long least = low & 0xFFFF;
        int index = 0;
        for (int i = 1; i < 8; i++) {
            long word = (i < 4 ? low : high) >>> (i << 4) & 0xFFFF;
            if (word < least) {
                least = word;
                index = i;
            }
        }
        return least | (long) index << 16;
    }

    /**
     * Four sums of absolute differences between four bytes and those that begin at each of four places.
     *
     * @param low the bytes from the first place on
     * @param high the bytes behind them
     * @param block the four bytes that are looked for, in the low half
     */
    public static long mpsadbw(long low, long high, int block) {
        long result = 0;
        for (int place = 3; place >= 0; place--) {
            long window = place == 0 ? low : low >>> (place << 3) | high << -(place << 3);
            int sum = 0;
            for (int i = 0; i < 32; i += 8) {
                sum += Math.abs((int) (window >>> i & 0xFF) - (block >>> i & 0xFF));
            }
            result = result << 16 | sum;
        }
        return result;
    }
}
