package dev.backplane.cpu.bt.internal.translate;

import java.util.ArrayList;
import java.util.List;

/** The data of all exits of the code that is kept, by the number that stands behind the call of each. One per vCPU. */
public final class ExitTable {
    /** It grows by parts, since what an array that doubles leaves behind stays in the heap for long. */
    private static final int SHIFT = 12;

    private static final int PART = 1 << SHIFT;

    private final List<Part> parts = new ArrayList<>();
    private int count;

    public ExitTable() {}

    /** Notes an exit; returns its number. */
    int add(int a, int b, long rip) {
        if (count == parts.size() << SHIFT) {
            parts.add(new Part());
        }
        Part part = parts.get(count >> SHIFT);
        int n = count & PART - 1;
        part.a[n] = a;
        part.b[n] = b;
        part.rip[n] = rip;
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
        return parts.get(exit >> SHIFT).a[exit & PART - 1];
    }

    /** What the kind of an exit calls b. */
    public int b(int exit) {
        return parts.get(exit >> SHIFT).b[exit & PART - 1];
    }

    public long rip(int exit) {
        return parts.get(exit >> SHIFT).rip[exit & PART - 1];
    }

    private static final class Part {
        final int[] a = new int[PART];
        final int[] b = new int[PART];
        final long[] rip = new long[PART];
    }
}
