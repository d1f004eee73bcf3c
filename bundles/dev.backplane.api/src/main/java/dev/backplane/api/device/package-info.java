/**
 * The contract between a virtual device and the kernel.
 *
 * <p>A vendor implements {@link dev.backplane.api.device.DeviceFactory DeviceFactory} (a stateless singleton, declared
 * with {@link dev.backplane.api.device.DeviceType @DeviceType}) and {@link dev.backplane.api.device.Device Device}.
 * The factory states the guest-visible {@link dev.backplane.api.device.Shape Shape} as data; the bay owns it, so that the
 * device behind it can be replaced while the guest runs. Register handlers are called on vCPU threads, several at once on a
 * machine with several vCPUs, and never block.
 */
@Export
@Version("1.6.0")
@NullMarked
package dev.backplane.api.device;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
