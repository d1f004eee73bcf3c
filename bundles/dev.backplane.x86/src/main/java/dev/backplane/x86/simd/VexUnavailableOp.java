package dev.backplane.x86.simd;

import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Vector;
import org.jspecify.annotations.Nullable;

/** An instruction of AVX that the mode, CR4, XCR0 or CR0 forbids (SDM volume 2, 2.4): #UD or #NM. */
final class VexUnavailableOp extends Op {
    @Override
    public @Nullable Op exec(Cpu c) {
        throw c.fault(c.avxEnabled() ? Vector.NM : Vector.UD, -1);
    }

    @Override
    public boolean endsBlock() {
        return true;
    }
}
