package dev.backplane.api.storage;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Knows how the bytes of a lower layer make up a disk: a stateless component declared with {@link StorageFormatType}.
 *
 * @param <O> its options
 * @param <S> the state of its layers
 */
@ConsumerType
public interface StorageFormat<O extends Record, S extends Record> extends StorageOpener<O, S> {}
