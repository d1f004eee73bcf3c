package dev.backplane.api.part;

import java.security.SecureRandom;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What a part sees of the world. Every object that it hands out carries the part's generation and dies with it: once the
 * part is closed or fenced, each call throws {@link RevokedException}. Callable on any thread.
 */
@ProviderType
public interface PartContext {
    /**
     * The part's identifier within its machine, as the VM file gives it.
     *
     * @return for instance {@code com1}
     */
    String id();

    /**
     * The name of the machine.
     *
     * @return as the VM file gives it
     */
    String vm();

    /**
     * A logger that names machine and part.
     *
     * @return the logger
     */
    System.Logger logger();

    /**
     * Reports that the part cannot go on. Its bay turns {@code FAILED} and the machine's policy decides the rest.
     *
     * @param reason what failed, with the value and what to do; kept as text
     * @param cause what was thrown, rendered to text at once and not kept, or null
     */
    void fail(String reason, @org.jspecify.annotations.Nullable Throwable cause);

    /**
     * Bounded platform threads of this part alone, for work that may block (files, foreign calls). Work that blocks here
     * delays no other part. Tasks given after the part's end are refused with {@link RevokedException}.
     *
     * <p>On a machine with virtual time the tasks of a device run one at a time between instructions of the guest, whose time
     * stands meanwhile, so that what they do happens at the same instruction in every run: a task there must come to an end
     * by itself.
     *
     * @return the executor, always the same
     */
    Executor executor();

    /**
     * Whether the machine has virtual time, so that what happens is to happen again when its recording is replayed. A part that
     * brings in what the host's programs do when they like, and that no bay below it records, refuses to be made then.
     *
     * @return true for a machine with virtual time
     */
    default boolean virtualTime() {
        return false;
    }

    /**
     * Random numbers that a guest may come to see. They are the host's secure ones; on a machine with virtual time they come
     * from the seed of its recording, so that a replay sees them again.
     *
     * @return a generator that nobody else uses; for one thread
     */
    default RandomGenerator random() {
        return new SecureRandom();
    }

    /**
     * Tells that the guest has learned that it is not the machine any more that it was (a clone, or one that goes on from a snapshot), and
     * has made its random numbers anew. Until then the networks of a machine whose file says {@code onClone: isolate} are cut off. For
     * others it means nothing. Does not block.
     */
    default void guestRenewed() {}

    /**
     * A host resource that belongs to the bay and outlives the part, so that its successor in the same process finds it
     * open. Opened with {@code opener} when the bay holds none under that key. Closed by the bay when it is emptied for
     * good, or through {@link #release}.
     *
     * @param <R> its type, which must not be a class of the plugin
     * @param key names it in the bay; a state record carries the key, not the resource
     * @param type its type
     * @param opener opens it; may block; called at most once
     * @return the open resource
     * @throws ConfigurationException when it cannot be opened: the message is for the person who wrote the VM file
     */
    <R extends AutoCloseable> R resource(String key, Class<R> type, ResourceOpener<R> opener)
            throws ConfigurationException;

    /**
     * Closes a resource of the bay. Nothing happens when there is none under that key.
     *
     * @param key as given to {@link #resource}
     */
    void release(String key);
}
