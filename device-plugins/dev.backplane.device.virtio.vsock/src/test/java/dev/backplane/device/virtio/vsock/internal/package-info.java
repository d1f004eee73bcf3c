/**
 * The virtio socket device (virtio-vsock). {@code Hub} holds the connections and speaks the protocol with the guest, a {@code Connection}
 * is one of them, {@code HostLoop} waits for the host's sockets, {@code VsockDevice} is the part.
 */
@NullMarked
package dev.backplane.device.virtio.vsock.internal;

import org.jspecify.annotations.NullMarked;
