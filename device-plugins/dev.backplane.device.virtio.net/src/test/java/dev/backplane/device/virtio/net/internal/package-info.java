/** The virtio net device (virtio-net). */
@NullMarked
package dev.backplane.device.virtio.net.internal;

import org.jspecify.annotations.NullMarked;
