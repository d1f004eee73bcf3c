package dev.backplane.protocol.nbd.internal;

import dev.backplane.api.state.StateException;
import dev.backplane.nbd.wire.ExportInfo;
import dev.backplane.nbd.wire.Nbd;
import dev.backplane.nbd.wire.NbdException;

/**
 * What was agreed on.
 *
 * @param info what the server tells about the export
 * @param structured whether replies are structured
 * @param allocation the number of base:allocation, or -1
 */
record Terms(ExportInfo info, boolean structured, long allocation) {
    static final long NONE = -1;

    static Terms of(NbdState state) throws StateException {
        boolean possible = state.bytes() >= 0
                && Long.bitCount(state.minimumBlock()) == 1
                && state.maximumPayload() >= state.minimumBlock()
                && state.maximumPayload() <= Nbd.MAX_PAYLOAD_BYTES;
        if (!possible) {
            throw new StateException("an export of %d bytes with blocks of %d to %d bytes cannot be"
                    .formatted(state.bytes(), state.minimumBlock(), state.maximumPayload()));
        }
        ExportInfo info = new ExportInfo(
                state.bytes(), state.flags(), state.minimumBlock(), state.preferredBlock(), state.maximumPayload());
        return new Terms(info, state.structured(), state.allocation());
    }

    NbdState state(boolean connected) {
        return new NbdState(
                connected,
                info.bytes(),
                info.flags(),
                info.minimumBlock(),
                info.preferredBlock(),
                info.maximumPayload(),
                structured,
                allocation);
    }

    boolean hasAllocation() {
        return allocation != NONE;
    }

    /** Refuses a server that came back as another. */
    void checkSuccessor(Terms next) throws NbdException {
        if (next.info.bytes() != info.bytes()) {
            throw new NbdException(
                    "the export has %d bytes now: expected %d".formatted(next.info.bytes(), info.bytes()));
        }
        if (next.info.has(Nbd.FLAG_READ_ONLY) && !info.has(Nbd.FLAG_READ_ONLY)) {
            throw new NbdException("the export can only be read now");
        }
        if (next.structured != structured || next.hasAllocation() != hasAllocation()) {
            throw new NbdException("the server knows structured replies or maps no more, or does now");
        }
        if (next.info.minimumBlock() > info.minimumBlock() || next.info.maximumPayload() < info.maximumPayload()) {
            throw new NbdException("the export has blocks of %d to %d bytes now: expected %d to %d"
                    .formatted(
                            next.info.minimumBlock(),
                            next.info.maximumPayload(),
                            info.minimumBlock(),
                            info.maximumPayload()));
        }
    }
}
