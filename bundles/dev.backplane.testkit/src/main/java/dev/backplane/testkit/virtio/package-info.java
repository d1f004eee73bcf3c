/**
 * A virtio driver that a test drives a device with: {@link dev.backplane.testkit.virtio.VirtioDriver} negotiates and sets queues up, {@link
 * dev.backplane.testkit.virtio.DriverRing} is a ring, split or packed, with which it can also break every rule.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.testkit.virtio;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
