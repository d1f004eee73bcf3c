/** Kernel images as files, for tools; a board's own loaders work on guest memory. */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.machine.pc.image;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
