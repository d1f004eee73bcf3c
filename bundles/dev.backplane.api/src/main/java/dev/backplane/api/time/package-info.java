/**
 * The time that a guest sees.
 *
 * <p>One {@link dev.backplane.api.time.GuestClock GuestClock} a virtual machine, implemented by the kernel: it stops while
 * the machine is paused, and every timer of a device or of a virtual CPU hangs on it, so that virtual time (instruction
 * counts) can take the place of the host clock without a device noticing. Callable on any thread.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.api.time;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
