package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Part;
import dev.backplane.api.state.StateException;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.state.EncodedState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What differs between the kinds of bays: how a part is made, and what is exchanged behind the side that stays. */
interface Socket {
    /**
     * A context for a new part.
     *
     * @param bay the bay
     * @param occupant the part's number
     * @return the context
     */
    BasicContext context(Bay bay, long occupant);

    /**
     * Makes a part. Called on a thread that can be given up.
     *
     * @param options as {@link #check} returned them
     * @param offer the plugin's
     * @param context as made by {@link #context}
     * @param state what it goes on from, or null for a new one
     * @return the part, quiesced
     * @throws ConfigurationException when the options cannot work
     * @throws StateException when it cannot go on from that state
     */
    Part<?> make(Record options, Offer offer, BasicContext context, @Nullable EncodedState state)
            throws ConfigurationException, StateException;

    /**
     * A part that was made has the bay's place now, at rest. What stands on it may look at it. Called on a thread that can be given up.
     *
     * @param part the part
     * @param context its context
     */
    default void place(Part<?> part, BasicContext context) {}

    /**
     * Binds options, without making anything.
     *
     * @param spec what is asked for
     * @param offer the plugin's
     * @return its options
     * @throws ConfigurationException when they are wrong
     */
    Record bind(PartSpec spec, Offer offer) throws ConfigurationException;

    /**
     * Looks whether an offer's part could sit here, without making one: its options are bound, and what the guest and the machine see of
     * it is compared. Calls the plugin.
     *
     * @param spec what is asked for
     * @param offer the plugin's
     * @return its options
     * @throws ConfigurationException when it could not
     */
    Record check(PartSpec spec, Offer offer) throws ConfigurationException;

    /**
     * Lets what arrives through to a part.
     *
     * @param part the part, which has been resumed
     * @param context its context
     */
    void open(Part<?> part, BasicContext context);

    /** Parks what arrives. Takes effect for what arrives later; callable on any thread. */
    void close();

    /**
     * Whether a part that has been resumed does nothing before the machine lets its guest go on: one that cannot be resumed has used up
     * nothing of the state that it was made from.
     *
     * @return true for the engine and the scheduler
     */
    default boolean startsWithTheGuest() {
        return false;
    }

    /** Who stands on it comes to rest, and is not to wait here for what nobody answers. */
    default void usersRest() {}

    /** The part was given up without its state: what only it knew is lost. */
    default void lost() {}

    /** What the part has handed back, since what it stands on was away, may be given to it again. */
    default void again() {}

    /** The state of the part at rest is about to be saved: what reaches it from now on would be lost. */
    default void saving() {}

    /**
     * A part that has been at rest is about to be closed: the last look at it, and the last moment for what it still answers at rest.
     *
     * @param part the part
     * @param context its context
     * @param deadline how long that may take
     */
    default void leaving(Part<?> part, BasicContext context, Deadline deadline) {}

    /**
     * What its part, or a successor, has still to answer. Callable on any thread.
     *
     * @return a word for each request
     */
    default List<String> unanswered() {
        return List.of();
    }

    /**
     * Waits for what its part has to answer now, with the gate open.
     *
     * @param deadline when the wait is given up
     * @return whether all of that was answered
     */
    default boolean awaitAnswers(Deadline deadline) {
        return true;
    }

    /**
     * Waits for a moment in which nothing is made stable.
     *
     * @param deadline when the wait is given up
     */
    default void awaitFlushes(Deadline deadline) {}

    /**
     * What has arrived for the part at rest and is heard when it goes on.
     *
     * @return doorbells
     */
    default List<RungBell> rung() {
        return List.of();
    }

    /**
     * What had arrived in an earlier life of the machine.
     *
     * @param bells doorbells; those in windows that the part has not are left out
     */
    default void ring(List<RungBell> bells) {}

    /** The part at rest is about to be reset: what has arrived for it since then is forgotten. */
    default void restart() {}

    /**
     * What people should know of it although nothing is wrong. Callable on any thread.
     *
     * @return a few words, mostly none
     */
    default String remark() {
        return "";
    }

    /** Puts what the guest sees of the part to its power-on level: a successor starts without a state. */
    default void clear() {}
}
