/**
 * Host files by descriptor, and the locks that the kernel holds on disk images.
 *
 * <p>Locks are open-file-description locks: they belong to the description that this bundle opened, so that no channel
 * opened and closed elsewhere in the process drops them.
 */
@Export
@Version("1.2.0")
@NullMarked
package dev.backplane.natives.file;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
