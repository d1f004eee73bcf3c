package dev.backplane.cpu.bt.internal.translate;

import java.util.Arrays;

/** The data of all exits of the code that is kept, by the number that stands behind the call of each. One per vCPU. */
public final class ExitTable {
    private int[] a = new int[1 << 12];
    private int[] b = new int[1 << 12];
    private long[] rip = new long[1 << 12];
    private int count;

    public ExitTable() {}

    /** Notes an exit; returns its number. */
    int add(int dataA, int dataB, long dataRip) {
        if (count == a.length) {
            a = Arrays.copyOf(a, 2 * count);
            b = Arrays.copyOf(b, 2 * count);
            rip = Arrays.copyOf(rip, 2 * count);
        }
        a[count] = dataA;
        b[count] = dataB;
        rip[count] = dataRip;
        return count++;
    }

    /** How many there are: the numbers below it are given. */
    public int count() {
        return count;
    }

    /** Forgets all: no code is left. */
    public void clear() {
        count = 0;
    }

    /** What the kind of an exit calls a. */
    public int a(int exit) {
        return a[exit];
    }

    /** What the kind of an exit calls b. */
    public int b(int exit) {
        return b[exit];
    }

    public long rip(int exit) {
        return rip[exit];
    }
}
