/**
 * The virtio memory device (virtio-memory). {@code Pages} gives pages back to the host, {@code StatisticsQueue} asks the guest how it
 * fares, {@code BalloonDevice} holds the queues together.
 */
@NullMarked
package dev.backplane.device.virtio.mem.internal;

import org.jspecify.annotations.NullMarked;
