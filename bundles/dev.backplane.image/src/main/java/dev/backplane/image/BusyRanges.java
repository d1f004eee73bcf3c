package dev.backplane.image;

import java.util.Arrays;

/**
 * Ranges of clusters, blocks or sectors that somebody is changing: others wait. Guarded by a monitor that its user has too, so that a look at
 * a table and the claim behind it are one. Allocates nothing while few are in use at once.
 *
 * <pre>{@code
 * synchronized (monitor) {
 *     busy.await(block, block + 1);
 *     busy.add(block, block + 1);
 * }
 * try {
 *     change(block);
 * } finally {
 *     busy.remove(block, block + 1);
 * }
 * }</pre>
 */
public final class BusyRanges {
    private static final int USUAL = 16;

    private final Object monitor;
    private long[] begins = new long[USUAL];
    private long[] ends = new long[USUAL];
    private int count;

    /**
     * No range is in use.
     *
     * @param monitor guards it; those who wait for a range wait on it
     */
    public BusyRanges(Object monitor) {
        this.monitor = monitor;
    }

    /**
     * Waits until nobody changes anything in a range. With the monitor, which is given up meanwhile. An interrupt is kept for later.
     *
     * @param begin the first
     * @param end behind the last
     */
    public void await(long begin, long end) {
        boolean interrupted = false;
        while (!isFree(begin, end)) {
            try {
                monitor.wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Whether nobody changes anything in a range. With the monitor.
     *
     * @param begin the first
     * @param end behind the last
     * @return false where somebody does
     */
    public boolean isFree(long begin, long end) {
        for (int i = 0; i < count; i++) {
            if (begins[i] < end && begin < ends[i]) {
                return false;
            }
        }
        return true;
    }

    /**
     * Claims a range that is free. With the monitor.
     *
     * @param begin the first
     * @param end behind the last
     */
    public void add(long begin, long end) {
        if (count == begins.length) {
            begins = Arrays.copyOf(begins, 2 * count);
            ends = Arrays.copyOf(ends, 2 * count);
        }
        begins[count] = begin;
        ends[count] = end;
        count++;
    }

    /**
     * Gives a range back, and wakes those who wait. Takes the monitor.
     *
     * @param begin as it was claimed
     * @param end as it was claimed
     */
    public void remove(long begin, long end) {
        synchronized (monitor) {
            for (int i = 0; i < count; i++) {
                if (begins[i] == begin && ends[i] == end) {
                    count--;
                    begins[i] = begins[count];
                    ends[i] = ends[count];
                    break;
                }
            }
            monitor.notifyAll();
        }
    }
}
