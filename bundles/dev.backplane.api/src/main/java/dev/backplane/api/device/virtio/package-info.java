/**
 * Virtio devices. A plugin writes the device itself, {@link dev.backplane.api.device.virtio.VirtioDevice VirtioDevice}: what happens with
 * the buffers of its queues, and its configuration. All the rest (registers, negotiation, rings, interrupts, their state) is the
 * {@link dev.backplane.api.device.virtio.VirtioTransport VirtioTransport}'s, a service that a factory takes by reference.
 *
 * <p>A whole device, as a vendor writes it. First the device:
 *
 * {@snippet class = "dev.backplane.virtio.example.DiceDevice" region = "device"}
 *
 * <p>What makes it:
 *
 * {@snippet class = "dev.backplane.virtio.example.DiceFactory" region = "factory"}
 *
 * <p>Its options and its state are records, of which the kernel binds the VM file's map and what travels to a successor:
 *
 * {@snippet class = "dev.backplane.virtio.example.DiceOptions"}
 *
 * {@snippet class = "dev.backplane.virtio.example.DiceState"}
 *
 * <p>And its test, with the kit's contract and the kit's driver:
 *
 * {@snippet class = "dev.backplane.virtio.example.DiceTest" region = "test"}
 *
 * <p>Where there is more to it: a device that waits for something of the host's leaves buffers in the queue and asks for another look
 * with {@link dev.backplane.api.device.virtio.VirtioPort#process VirtioPort.process}; one whose requests are carried out elsewhere
 * completes them there, and puts back what it cannot finish when it comes to rest ({@link
 * dev.backplane.api.device.virtio.Virtqueue#putBack Virtqueue.putBack}). Rings are split or packed as the driver likes.
 *
 * <p>Section numbers are those of the virtio specification 1.2.
 */
@Export
@Version("1.1.0")
@NullMarked
package dev.backplane.api.device.virtio;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
