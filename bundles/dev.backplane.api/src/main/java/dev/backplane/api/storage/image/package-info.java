/**
 * What image tools ask of disks, beyond reading and writing: small abilities, each an interface of its own, and none of them a must. A tool
 * looks whether a plugin has one, and says so where it has not.
 *
 * <p>Abilities of a <b>type</b> are implemented by its component, beside {@link dev.backplane.api.storage.StorageFormat StorageFormat} or
 * {@link dev.backplane.api.storage.StorageProtocol StorageProtocol}: {@link dev.backplane.api.storage.image.CreatableFormat
 * CreatableFormat}, {@link dev.backplane.api.storage.image.CreatableProtocol CreatableProtocol}, {@link
 * dev.backplane.api.storage.image.CheckableFormat CheckableFormat}, {@link dev.backplane.api.storage.image.ReferringFormat
 * ReferringFormat}, {@link dev.backplane.api.storage.image.RecognizableFormat RecognizableFormat}, {@link
 * dev.backplane.api.storage.image.RenamedFormat RenamedFormat}.
 *
 * <p>Abilities of an <b>open image</b> are implemented by its layer, beside {@link dev.backplane.api.storage.StorageLayer StorageLayer}:
 * {@link dev.backplane.api.storage.ResizableStorage ResizableStorage}, {@link dev.backplane.api.storage.MappedStorage MappedStorage},
 * {@link dev.backplane.api.storage.image.DescribedStorage DescribedStorage}, {@link dev.backplane.api.storage.image.SnapshotStorage
 * SnapshotStorage}, {@link dev.backplane.api.storage.image.CompressingStorage CompressingStorage}, {@link
 * dev.backplane.api.storage.image.RebasableStorage RebasableStorage}, {@link dev.backplane.api.storage.image.EmptiableStorage
 * EmptiableStorage}.
 *
 * <p>All of it is blocking code on the caller's thread. Images are hostile: whatever an image says is checked before memory is allocated
 * or a loop is entered for it.
 */
@Export
@Version("1.1.0")
@NullMarked
package dev.backplane.api.storage.image;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
