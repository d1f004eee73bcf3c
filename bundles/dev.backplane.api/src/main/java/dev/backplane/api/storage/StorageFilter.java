package dev.backplane.api.storage;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Stands between a disk and whoever uses it, and sees every request: holds it back, copies it, counts it, refuses it. A stateless component
 * declared with {@link StorageFilterType}. Its options record has a component {@code StorageRef on}, the disk that it stands on; a VM file
 * names filters in the list {@code filters} of a disk, or as a layer like any other ({@code {type: F, on: {...}}}). {@link FilterLayer} is
 * a layer that passes everything on.
 *
 * @param <O> its options
 * @param <S> the state of its layers
 */
@ConsumerType
public interface StorageFilter<O extends Record, S extends Record> extends StorageOpener<O, S> {}
