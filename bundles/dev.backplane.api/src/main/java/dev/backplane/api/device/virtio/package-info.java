/**
 * Virtio devices. A plugin writes the device itself, {@link dev.backplane.api.device.virtio.VirtioDevice VirtioDevice}: what happens with
 * the buffers of its queues, and its configuration. All the rest (registers, negotiation, rings, interrupts, their state) is the
 * {@link dev.backplane.api.device.virtio.VirtioTransport VirtioTransport}'s, a service that a factory takes by reference:
 *
 * <pre>{@code
 * @Component
 * @DeviceType("virtio-entropy")
 * public final class EntropyFactory implements DeviceFactory<EntropyOptions, EntropyState> {
 *     private static final VirtioProfile PROFILE = VirtioProfile.of(4, 0xff0000).queue(64).build();
 *     private final VirtioTransport transport;
 *
 *     @Activate
 *     public EntropyFactory(@Reference VirtioTransport transport) {
 *         this.transport = transport;
 *     }
 *
 *     public Shape shape(EntropyOptions options) {
 *         return transport.shape(PROFILE);
 *     }
 *
 *     public EntropyDevice create(EntropyOptions options, DeviceContext context) {
 *         var device = new EntropyDevice(context);
 *         return device.on(transport.plug(PROFILE, context, device));
 *     }
 *     ...
 * }
 * }</pre>
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
