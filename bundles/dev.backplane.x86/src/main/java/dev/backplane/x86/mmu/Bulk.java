package dev.backplane.x86.mmu;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/** What repeated string instructions do within a page at once. */
public final class Bulk {
    private Bulk() {}

    /**
     * Copies bytes upwards, in elements of {@code unit} bytes: a target that overlaps the source from above repeats it, as the
     * instruction does. Both lie in one page each. False, with nothing done, where a page is a device's or holds code.
     */
    public static boolean copy(MemoryPort c, long source, long target, long length, int unit) {
        Mmu mmu = c.mmu;
        long from = mmu.resolve(source, 0);
        long to = mmu.resolve(target, Mmu.W);
        if (c.debugging || c.watched || from < 0 || to < 0 || mmu.guarded(to)) {
            return false;
        }
        long distance = to - from;
        if (distance > 0 && distance < length) {
            if (distance < unit) {
                return false;
            }
            for (long n = 0; n < length; n += unit) {
                c.put(to + n, unit, c.get(from + n, unit));
            }
        } else {
            VarHandle.fullFence();
            MemorySegment.copy(c.ram, from, c.ram, to, length);
            VarHandle.fullFence();
        }
        return true;
    }

    /** Fills elements of {@code unit} bytes with the low bytes of a value. False where the page is a device's or holds code. */
    public static boolean fill(MemoryPort c, long target, long elements, int unit, long value) {
        long to = c.mmu.resolve(target, Mmu.W);
        if (c.debugging || c.watched || to < 0 || c.mmu.guarded(to)) {
            return false;
        }
        long pattern = switch (unit) {
            case 1 -> (value & 0xFF) * 0x0101010101010101L;
            case 2 -> (value & 0xFFFF) * 0x0001000100010001L;
            case 4 -> (value & 0xFFFFFFFFL) * 0x0000000100000001L;
            default -> value;
        };
        long length = elements * unit;
        if (pattern == (pattern & 0xFF) * 0x0101010101010101L) {
            VarHandle.fullFence();
            c.ram.asSlice(to, length).fill((byte) pattern);
            VarHandle.fullFence();
        } else {
            long n = 0;
            for (; n + 8 <= length; n += 8) {
                c.put64(to + n, pattern);
            }
            for (; n < length; n += unit) {
                c.put(to + n, unit, value);
            }
        }
        return true;
    }
}
