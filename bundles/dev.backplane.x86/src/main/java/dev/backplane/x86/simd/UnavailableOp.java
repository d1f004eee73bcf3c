package dev.backplane.x86.simd;

import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Vector;
import org.jspecify.annotations.Nullable;

/** An MMX or SSE instruction while CR0 or CR4 forbids it (SDM volume 3A, 2.5 and 12.1): #UD or #NM. */
final class UnavailableOp extends Op {
    private final boolean sse;

    UnavailableOp(boolean sse) {
        this.sse = sse;
    }

    @Override
    public @Nullable Op exec(Cpu c) {
        boolean undefined = (c.cr0 & Bits.CR0_EM) != 0 || sse && (c.cr4 & Bits.CR4_OSFXSR) == 0;
        throw c.fault(undefined ? Vector.UD : Vector.NM, -1);
    }

    @Override
    public boolean endsBlock() {
        return true;
    }
}
