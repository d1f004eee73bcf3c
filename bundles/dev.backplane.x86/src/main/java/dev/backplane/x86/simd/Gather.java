package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.GuestFault;
import org.jspecify.annotations.Nullable;

/**
 * The gathers of AVX2: elements whose mask, in VEX.vvvv, is negative are loaded from a base and an index of their own, from the low
 * one up. Where one faults, the elements below it are loaded and their masks cleared, so that the instruction can go on.
 */
final class Gather extends VexOp {
    private final int indexBytes;
    private final int elementBytes;
    private final int elements;
    private final int indexes;
    private final int scale;

    Gather(Insn i, int indexBytes, int elementBytes) {
        super(i, elementBytes, false, false);
        this.indexBytes = indexBytes;
        this.elementBytes = elementBytes;
        elements = i.vectorBytes / Math.max(indexBytes, elementBytes);
        indexes = i.vectorIndex << 1;
        scale = i.scale;
    }

    @Override
    public @Nullable Op exec(Cpu c) {
        int sign = (elementBytes << 3) - 1;
        boolean begun = false;
        long cr2 = c.cr2;
        for (int n = 0; n < elements; n++) {
            if ((MaskedMoves.element(c, h, elementBytes, n) >>> sign & 1) != 0) {
                long index = MaskedMoves.element(c, indexes, indexBytes, n);
                long distance = (indexBytes == 4 ? (int) index : index) << scale;
                long value;
                try {
                    value = c.loadElement(address(c, distance), elementBytes);
                } catch (GuestFault fault) {
                    if (!begun || (c.systemFlags & Bits.TF) == 0 && c.watchHits == 0) {
                        throw fault;
                    }
                    // The trap of an element that has been loaded comes in the fault's place.
                    c.cr2 = cr2;
                    c.instructions += count - 1;
                    c.rip = rip(c);
                    c.iterated = true;
                    return null;
                }
                set(c, d, n, value);
                set(c, h, n, 0);
                begun = true;
            }
        }
        write(c, h, 0, 0);
        clearAbove(c, d);
        return next;
    }

    private void set(Cpu c, int register, int n, long value) {
        int at = n * elementBytes;
        long[] to = at < 16 ? c.xmm : c.ymm;
        int quadword = register + (at >> 3 & 1);
        to[quadword] = PackedShuffle.insert(to[quadword], (at & 7) << 3, -1L >>> 64 - (elementBytes << 3), value);
    }

    /** What is beyond the last element. */
    private void clearAbove(Cpu c, int register) {
        int bytes = elements * elementBytes;
        if (bytes < 16) {
            c.xmm[register + 1] = 0;
        }
        if (bytes < 32) {
            c.ymm[register] = 0;
            c.ymm[register + 1] = 0;
        }
    }
}
