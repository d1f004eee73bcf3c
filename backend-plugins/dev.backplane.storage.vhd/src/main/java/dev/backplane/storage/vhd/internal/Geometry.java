package dev.backplane.storage.vhd.internal;

/**
 * Cylinders, heads and sectors of a disk (specification, appendix "CHS calculation").
 *
 * @param cylinders at most 65535
 * @param heads at most 16
 * @param sectors a track's, at most 255
 */
record Geometry(int cylinders, int heads, int sectors) {
    static final long MOST_SECTORS = 65535L * 16 * 255;

    private static final int MOST_HEADS = 16;
    private static final int CYLINDERS_OF_OLD = 1024;

    static Geometry of(long diskSectors) {
        long total = Math.min(diskSectors, MOST_SECTORS);
        if (total >= 65535L * MOST_HEADS * 63) {
            return of(total, MOST_HEADS, 255);
        }
        long tracks = total / 17;
        int heads = (int) Math.max(4, (tracks + CYLINDERS_OF_OLD - 1) / CYLINDERS_OF_OLD);
        if (heads <= MOST_HEADS && tracks < (long) heads * CYLINDERS_OF_OLD) {
            return of(total, heads, 17);
        }
        return total / 31 < MOST_HEADS * CYLINDERS_OF_OLD ? of(total, MOST_HEADS, 31) : of(total, MOST_HEADS, 63);
    }

    private static Geometry of(long total, int heads, int sectors) {
        return new Geometry((int) (total / sectors / heads), heads, sectors);
    }
}
