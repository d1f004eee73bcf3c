package dev.backplane.api.machine;

import org.osgi.annotation.versioning.ConsumerType;

/** Implemented by a {@link Board} whose state can be looked at. */
@ConsumerType
public interface StatefulBoard {
    /**
     * The state of the board's own chips. Called on a kernel thread while no vCPU runs; changes nothing.
     *
     * @return a record of plain values that carries its version, as a part's
     */
    Record save();
}
