package dev.backplane.device.virtio.balloon.internal;

import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.api.memory.GuestMemory;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Gives the guest's pages back to the host. Numbers come as the guest likes: in any order, twice, or of no page at all. A page that is
 * not RAM is left out; the others of the buffer count. One thread a queue.
 */
final class Pages {
    /**
     * So many numbers of a buffer count: Linux sends 256. Each may cost a call of the host's, and somebody may wait for the device to
     * come to rest.
     */
    private static final int MOST_NUMBERS = 4096;

    private static final int AT_ONCE = 1024;

    private final GuestMemory memory;
    private final AtomicLong released = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();

    Pages(GuestMemory memory) {
        this.memory = memory;
    }

    /** How many bytes the host has been given, those that it was given again included. */
    long releasedBytes() {
        return released.get();
    }

    /** How many numbers and ranges were of no RAM, or too many. */
    long refused() {
        return refused.get();
    }

    /** Pages by their numbers, in the part that the device reads (5.5.6.1). */
    void releaseNumbered(DescriptorChain chain) {
        long numbers = chain.readableBytes() / BalloonLayout.PFN_BYTES;
        refused.addAndGet(Math.max(0, numbers - MOST_NUMBERS));
        int counted = (int) Math.min(numbers, MOST_NUMBERS);
        byte[] bytes = new byte[Math.min(counted, AT_ONCE) * BalloonLayout.PFN_BYTES];
        for (int done = 0; done < counted; done += AT_ONCE) {
            int some = Math.min(AT_ONCE, counted - done);
            MemorySegment target = MemorySegment.ofArray(bytes).asSlice(0, (long) some * BalloonLayout.PFN_BYTES);
            chain.read((long) done * BalloonLayout.PFN_BYTES, target);
            release(bytes, some);
        }
    }

    /** Neighbours together: a call of the host's costs more than a page. */
    private void release(byte[] bytes, int count) {
        long[] numbers = new long[count];
        ByteBuffer little = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            numbers[i] = Integer.toUnsignedLong(little.getInt(i * BalloonLayout.PFN_BYTES));
        }
        Arrays.sort(numbers);
        int first = 0;
        for (int i = 1; i <= count; i++) {
            if (i == count || numbers[i] - numbers[i - 1] > 1) {
                releaseRun(numbers[first], numbers[i - 1] + 1);
                first = i;
            }
        }
    }

    /** Where not all of it is RAM, page by page. */
    private void releaseRun(long from, long to) {
        if (!release(from << BalloonLayout.PAGE_SHIFT, to - from << BalloonLayout.PAGE_SHIFT)) {
            for (long page = from; page < to; page++) {
                if (!release(page << BalloonLayout.PAGE_SHIFT, BalloonLayout.PAGE_BYTES)) {
                    refused.incrementAndGet();
                }
            }
        }
    }

    /** Whole pages within the part that the device writes: the buffers themselves are what the guest does not use (5.5.6.7). */
    void releaseReported(DescriptorChain chain) {
        chain.locateWritable(this::releaseRange);
    }

    private void releaseRange(long address, long length) {
        long from = address + BalloonLayout.PAGE_BYTES - 1 & -BalloonLayout.PAGE_BYTES;
        long to = address + length & -BalloonLayout.PAGE_BYTES;
        if (from >= to || !release(from, to - from)) {
            refused.incrementAndGet();
        }
    }

    private boolean release(long address, long length) {
        if (!memory.contains(address, length)) {
            return false;
        }
        memory.release(address, length);
        released.addAndGet(length);
        return true;
    }
}
