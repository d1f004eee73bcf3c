/** The virtio block device (virtio-block). */
@NullMarked
package dev.backplane.device.virtio.block.internal;

import org.jspecify.annotations.NullMarked;
