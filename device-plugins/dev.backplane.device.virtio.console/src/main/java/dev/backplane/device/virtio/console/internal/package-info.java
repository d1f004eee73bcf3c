/**
 * The virtio console device (virtio-console). A {@code Port} moves bytes between its two queues and its console, {@code Control} tells the
 * driver of ports and hears of them, {@code ConsoleDevice} holds them together.
 */
@NullMarked
package dev.backplane.device.virtio.console.internal;

import org.jspecify.annotations.NullMarked;
