/**
 * Disks. A disk is a stack: a {@link dev.backplane.api.storage.StorageProtocol protocol} knows where its bytes live (a file, a server), a
 * {@link dev.backplane.api.storage.StorageFormat format} how they make up a disk, {@link dev.backplane.api.storage.StorageFilter
 * filters} stand between it and whoever uses it, and each layer, a {@link dev.backplane.api.storage.StorageLayer StorageLayer}, sits in a bay
 * of its own. Whoever uses a layer, a device or the layer above, sees a
 * {@link dev.backplane.api.storage.Storage Storage}.
 *
 * <p>Vendors implement the three factories and their layers; the kernel implements {@link dev.backplane.api.storage.StorageContext
 * StorageContext} and the storages that it hands out. All of it is blocking, straight-line code: the kernel calls a layer on threads
 * of its bay, up to 16 at once, and keeps a request until it is answered, so that one whose layer is replaced or given up is
 * answered by the next. Only a device that has to come to rest while a layer is away gets its requests back, as failures of kind {@link
 * dev.backplane.api.storage.StorageException.Kind#AWAY AWAY}, and makes them again later. What only some layers can do is an interface of its own: {@link dev.backplane.api.storage.ResizableStorage
 * ResizableStorage}, {@link dev.backplane.api.storage.MappedStorage MappedStorage}, {@link dev.backplane.api.storage.IdentifiedStorage
 * IdentifiedStorage}, and for image tools those of {@code
 * dev.backplane.api.storage.image}.
 */
@Export
@Version("1.3.0")
@NullMarked
package dev.backplane.api.storage;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
