package dev.backplane.kernel.internal.fake;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Part;
import dev.backplane.api.part.Resumption;

/** A part that has nothing to do when it rests, goes on or ends. */
public interface Inert<S extends Record> extends Part<S> {
    @Override
    default void quiesce(Deadline deadline) {}

    @Override
    default void resume(Resumption why) {}

    @Override
    default void close() {}
}
