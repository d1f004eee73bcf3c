package dev.backplane.api.storage;

import dev.backplane.api.part.Part;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * One layer of an open disk, in a bay of its own. Requests come on threads of the bay, several at once, between {@link #resume} and {@link
 * #quiesce}, never during a life-cycle call. After {@link #save} everything that it was given has been passed on to the layer below,
 * though not flushed.
 *
 * @param <S> its state
 */
@ConsumerType
public interface StorageLayer<S extends Record> extends Part<S>, Storage {
    /**
     * Whether something of what was written may be known to this layer alone until it is flushed or saved, as the tables of a format are. Where
     * such a layer has to be given up without its state, the next flush fails, so that the guest hears of it. Asked once, at rest.
     *
     * @return false where every write is with the layer below when it returns
     */
    default boolean holdsBack() {
        return true;
    }
}
