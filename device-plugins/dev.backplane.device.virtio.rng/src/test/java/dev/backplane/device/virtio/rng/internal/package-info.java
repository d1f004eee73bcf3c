/** The virtio entropy device (virtio-rng). */
@NullMarked
package dev.backplane.device.virtio.rng.internal;

import org.jspecify.annotations.NullMarked;
