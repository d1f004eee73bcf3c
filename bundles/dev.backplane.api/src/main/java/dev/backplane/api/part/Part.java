package dev.backplane.api.part;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * What sits in a bay. Life-cycle calls come one at a time, on a kernel thread that holds no lock; each has a deadline,
 * after which the part is fenced: its context is revoked and every later call on it throws {@link
 * RevokedException}.
 *
 * <p>A part is made quiesced. Its life is {@code (resume, quiesce, save?)*, close}.
 *
 * @param <S> its state: a record of plain values annotated with {@link dev.backplane.api.state.StateVersion}
 */
@ConsumerType
public interface Part<S extends Record> extends AutoCloseable {
    /**
     * Comes to rest: returns when nothing is in flight. Nothing new arrives meanwhile: the bay has closed its gate.
     *
     * @param deadline when the kernel gives up waiting
     * @throws InterruptedException when the wait is interrupted; the part is then as if the call had not been made
     */
    void quiesce(Deadline deadline) throws InterruptedException;

    /**
     * The state from which a successor goes on. Called only while quiesced; afterwards the part holds nothing unwritten.
     *
     * @return plain data; the kernel encodes it before it calls anything else
     */
    S save();

    /**
     * Starts, or goes on after a quiesce, also after one that failed.
     *
     * @param why what happened since the part was made or quiesced
     */
    void resume(Resumption why);

    /** Gives up everything it holds. After {@link #save} it touches nothing outside. Never throws, may be called twice. */
    @Override
    void close();
}
