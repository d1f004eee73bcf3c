/**
 * Virtual machines as the control plane sees them.
 *
 * <p>Commands and embedders use {@link dev.backplane.api.vm.VmManager VmManager} and {@link dev.backplane.api.vm.Vm
 * Vm}, both implemented by the kernel and callable on any thread. Nothing here hands out an object of a plugin, so that a
 * machine may live in another process.
 */
@Export
@Version("1.5.0")
@NullMarked
package dev.backplane.api.vm;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
