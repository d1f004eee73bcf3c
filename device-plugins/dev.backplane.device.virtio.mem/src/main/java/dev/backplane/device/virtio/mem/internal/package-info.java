/**
 * The virtio memory device (virtio-mem). {@code Blocks} knows which blocks of the region are plugged, {@code MemoryDevice} answers the
 * driver's requests.
 */
@NullMarked
package dev.backplane.device.virtio.mem.internal;

import org.jspecify.annotations.NullMarked;
