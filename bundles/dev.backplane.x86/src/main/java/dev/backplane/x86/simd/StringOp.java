package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import org.jspecify.annotations.Nullable;

/** The four string comparisons of SSE4.2. Their memory operand need not be aligned. */
final class StringOp extends XmmOp {
    private final boolean explicit;
    private final boolean toIndex;
    private final boolean wide;
    private final boolean vex;
    private final int control;

    /**
     * Makes the operation.
     *
     * @param explicit whether EAX and EDX hold the lengths
     * @param toIndex whether the result is an index in ECX rather than a mask in XMM0
     */
    StringOp(Insn i, boolean explicit, boolean toIndex) {
        super(i, 16, false);
        this.explicit = explicit;
        this.toIndex = toIndex;
        wide = (i.rex & 8) != 0;
        vex = i.vex();
        control = (int) i.immediate & 0xFF;
    }

    @Override
    public @Nullable Op exec(Cpu c) {
        fetch(c);
        long a = c.xmm[d];
        long b = c.xmm[d + 1];
        int first = explicit ? length(c.r[Gpr.RAX]) : StringComparison.implicitLength(a, b, control);
        int second = explicit ? length(c.r[Gpr.RDX]) : StringComparison.implicitLength(low, high, control);
        int result = StringComparison.compare(a, b, first, low, high, second, control);
        if (toIndex) {
            c.r[Gpr.RCX] = StringComparison.index(result, control);
        } else {
            c.xmm[0] = StringComparison.mask(result, control, false);
            c.xmm[1] = StringComparison.mask(result, control, true);
            if (vex) {
                c.ymm[0] = 0;
                c.ymm[1] = 0;
            }
        }
        int all = StringComparison.elements(control);
        c.setArithmeticFlags((result != 0 ? Bits.CF : 0)
                | (second < all ? Bits.ZF : 0)
                | (first < all ? Bits.SF : 0)
                | ((result & 1) != 0 ? Bits.OF : 0));
        return next;
    }

    private int length(long register) {
        return StringComparison.explicitLength(wide ? register : (int) register, control);
    }
}
