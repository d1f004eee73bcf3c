/**
 * The virtio library. {@code PciTransportService} is what plugins meet; a {@code Transport} is one device's: {@code Registers} are what
 * the guest sees of it, {@code QueueSetup} what the driver has said of a queue, {@code SplitQueue} its ring while the device is active.
 */
@NullMarked
package dev.backplane.virtio.internal;

import org.jspecify.annotations.NullMarked;
