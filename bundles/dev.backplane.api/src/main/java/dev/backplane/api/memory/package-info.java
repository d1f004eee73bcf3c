/**
 * Guest-physical memory, as devices and CPU backends see it.
 *
 * <p>Devices borrow ranges of it as {@link dev.backplane.api.memory.Lease leases}; only a CPU backend receives the host
 * mapping itself, as bounded segments. Implemented by the kernel, called on any thread.
 */
@Export
@Version("1.2.0")
@NullMarked
package dev.backplane.api.memory;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
