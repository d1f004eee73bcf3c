package dev.backplane.api.machine;

import dev.backplane.api.state.StateException;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Implemented by a {@link Board} that can go on from a saved state, in another process too.
 *
 * @param <S> its state: a record of plain values annotated with {@link dev.backplane.api.state.StateVersion}
 */
@ConsumerType
public interface RestorableBoard<S extends Record> extends StatefulBoard {
    @Override
    S save();

    /**
     * The class of its state.
     *
     * @return always the same
     */
    Class<S> stateType();

    /**
     * Goes on from a saved state, in place of {@link Board#load}. Called once on a new board, on a kernel thread, with the same devices
     * attached in the same order and the same ones plugged into slots, in any order, and none of them inserted; no engine is connected yet
     * and guest memory is as it was.
     *
     * @param state what a board of this type has saved
     * @throws StateException when it cannot go on from that
     */
    void restore(S state) throws StateException;
}
