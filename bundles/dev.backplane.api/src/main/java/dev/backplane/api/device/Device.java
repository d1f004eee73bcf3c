package dev.backplane.api.device;

import dev.backplane.api.part.Part;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A virtual device. Its register handlers (see {@link DeviceContext#serve}) run on vCPU threads, timers and listeners on
 * kernel threads: it guards its own state.
 *
 * @param <S> its state
 */
@ConsumerType
public interface Device<S extends Record> extends Part<S> {
    /**
     * Goes to the power-on state without giving up host resources. Called only while quiesced.
     *
     * @param kind what was reset
     */
    void reset(ResetKind kind);
}
