package dev.backplane.api.storage;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Knows where the bytes of a disk live: a stateless component declared with {@link StorageProtocolType}.
 *
 * @param <O> its options
 * @param <S> the state of its layers
 */
@ConsumerType
public interface StorageProtocol<O extends Record, S extends Record> extends StorageOpener<O, S> {}
