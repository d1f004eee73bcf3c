package dev.backplane.kernel.internal.snapshot;

import dev.backplane.api.state.StateVersion;
import dev.backplane.kernel.internal.bay.RungBell;
import dev.backplane.kernel.internal.state.EncodedState;
import java.util.List;

/**
 * The state of a machine, but for its memory and its disks.
 *
 * @param clockNanos the guest's time
 * @param tscHz the frequency of its time stamp counter
 * @param board the board's state
 * @param parts the states of the parts, by bay
 */
@StateVersion(schema = "backplane-machine", writes = 1, reads = 1)
public record MachineState(long clockNanos, long tscHz, PartState board, List<PartState> parts) {
    /** Copies the list. */
    public MachineState {
        parts = List.copyOf(parts);
    }

    /**
     * The state of one bay's part.
     *
     * @param id the bay's identifier
     * @param schema what its fields mean
     * @param version of the schema
     * @param writtenBy the plugin that wrote it
     * @param cbor its fields
     * @param rung doorbells that have rung and were not heard yet
     */
    public record PartState(String id, String schema, int version, String writtenBy, byte[] cbor, List<RungBell> rung) {
        /** Copies the list. */
        public PartState {
            rung = List.copyOf(rung);
        }

        /**
         * The state of a part.
         *
         * @param id the bay's identifier
         * @param state its encoded form
         * @param rung doorbells that have rung
         * @return the same as a record of this snapshot
         */
        public static PartState of(String id, EncodedState state, List<RungBell> rung) {
            return new PartState(id, state.schema(), state.version(), state.writtenBy(), state.cbor(), rung);
        }

        /**
         * As parts take it.
         *
         * @return its encoded form
         */
        public EncodedState encoded() {
            return new EncodedState(schema, version, writtenBy, cbor);
        }
    }
}
