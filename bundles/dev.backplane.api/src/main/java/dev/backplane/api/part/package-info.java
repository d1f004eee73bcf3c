/**
 * What every replaceable part of a virtual machine has in common: its life cycle, its context, its options.
 *
 * <p>A {@link dev.backplane.api.part.Part Part} is made by a factory service of a plugin and sits in a bay of the kernel,
 * which outlives it. Vendors implement {@code Part} (through the interface of its kind, such as
 * {@link dev.backplane.api.device.Device Device}); the kernel implements {@link dev.backplane.api.part.PartContext
 * PartContext}, which is all that a part sees of the world. Life-cycle calls come one at a time, on a kernel thread that
 * holds no lock.
 */
@Export
@Version("1.3.0")
@NullMarked
package dev.backplane.api.part;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
