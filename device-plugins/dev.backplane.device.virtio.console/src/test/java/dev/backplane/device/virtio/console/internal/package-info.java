/** The virtio console device (virtio-console). */
@NullMarked
package dev.backplane.device.virtio.console.internal;

import org.jspecify.annotations.NullMarked;
