package dev.backplane.kernel.internal.journal;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/**
 * Decides what reaches a guest on virtual time from outside, and when. {@link #exchange} is called on the thread that runs
 * the vCPUs, the rest while the guest stands.
 */
public sealed interface Journal extends AutoCloseable permits LiveJournal, Recorder, Replayer {
    /** What random numbers are made from. */
    byte[] seed();

    /** The wall-clock time at the clock's zero. */
    Instant origin();

    /** Whether waiting may bring something from outside. */
    boolean live();

    /** Whether time that nobody computes in passes no faster than the host's. */
    boolean paced();

    /**
     * Lets in what comes before the next turn. May be called again before the same turn, when something may have come.
     *
     * @param view the machine
     * @return false when the machine has to end here
     * @throws IOException when the recording cannot be written or read
     */
    boolean exchange(TurnView view) throws IOException;

    /**
     * The machine is about to wait for something from outside, for as long as it takes.
     *
     * @param view the machine
     * @throws IOException when the recording cannot be written
     */
    void waiting(TurnView view) throws IOException;

    /**
     * What happens from now on cannot be repeated.
     *
     * @param view the machine
     * @param reason for people
     */
    void cut(TurnView view, String reason);

    /**
     * The machine has ended.
     *
     * @param view the machine
     * @param whole the hash of the state of everything, if it could be had
     * @param reason why, for people
     * @return what is to be said about it, if a recording was replayed, or could not be completed
     */
    Optional<Verdict> end(TurnView view, Optional<byte[]> whole, String reason);

    /** Gives its file up. */
    @Override
    void close();
}
