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
public interface StorageLayer<S extends Record> extends Part<S>, Storage {}
