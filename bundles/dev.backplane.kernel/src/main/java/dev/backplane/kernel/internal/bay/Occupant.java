package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Part;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.state.EncodedState;
import dev.backplane.kernel.internal.state.StateCodec;

/**
 * A part in its bay. All that the kernel holds of a plugin's classes beside its offer; dropped when the part goes.
 *
 * @param number counts the parts that have sat in the bay
 * @param offer where it came from
 * @param part the part
 * @param context what it sees of the world
 * @param codec encodes its state, also after the offer has been withdrawn
 */
record Occupant(long number, Offer offer, Part<?> part, BasicContext context, StateCodec codec) {
    /** Begins to bring it to rest. Its bay's gate is closed, and no register access is under way. */
    PartCall<Boolean> beginQuiesce(LifeCycle lifeCycle, Deadline deadline) {
        context.lifeline.rest(true);
        return lifeCycle.startVoid("quiesce", () -> {
            if (!context.gate.awaitIdle(deadline)) {
                throw new IllegalStateException("a timer or a listener of the part has not returned");
            }
            part.quiesce(deadline);
            int leases = context.memory.openLeases();
            if (leases > 0) {
                throw new IllegalStateException(leases + " leases of guest memory are still open after quiesce");
            }
        });
    }

    /** Begins to save its state. It is at rest, as far as it can be. */
    PartCall<EncodedState> beginSave(LifeCycle lifeCycle) {
        return lifeCycle.start("save", () -> codec.encode(part.save()));
    }
}
