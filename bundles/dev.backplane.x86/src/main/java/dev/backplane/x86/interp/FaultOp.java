package dev.backplane.x86.interp;

import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/** An instruction that always raises an exception. */
public final class FaultOp extends Op {
    private final int vector;
    private final int errorCode;

    /** @param errorCode -1 for a vector without one */
    public FaultOp(int vector, int errorCode) {
        this.vector = vector;
        this.errorCode = errorCode;
    }

    @Override
    public @Nullable Op exec(Cpu c) {
        throw c.fault(vector, errorCode);
    }

    @Override
    public boolean endsBlock() {
        return true;
    }
}
