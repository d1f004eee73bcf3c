/**
 * The virtio balloon device (virtio-balloon). {@code Pages} gives pages back to the host, {@code StatisticsQueue} asks the guest how it
 * fares, {@code BalloonDevice} holds the queues together.
 */
@NullMarked
package dev.backplane.device.virtio.balloon.internal;

import org.jspecify.annotations.NullMarked;
