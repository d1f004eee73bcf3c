/**
 * Networks. A device has a port on a network: it sends {@link dev.backplane.api.network.Frame Frame}s to its {@link
 * dev.backplane.api.network.Network Network} and takes those that have arrived; what is at the other side of the port (the host's
 * sockets, a tap, other machines) is a {@link dev.backplane.api.network.NetworkPort NetworkPort}, which a vendor of a {@link
 * dev.backplane.api.network.NetworkBackend NetworkBackend} implements. Between the two sits a bay, so that either side can be replaced
 * while the other stays.
 *
 * <p>Nothing here blocks, and nothing is stored without a bound. A network that has no room refuses a frame, and the device keeps it in the
 * guest's queue; a device that takes none leaves frames in the network's queue, and what comes when that is full is lost or made to
 * wait, as the network can. A bay that is away does both: what the guest sends waits in the guest's queue, and what arrives follows
 * the rule of the far end. A device whose bay is away, or whose guest gives it no room, leaves frames where they are.
 *
 * <p>A sender may leave work to the network that takes it ({@link dev.backplane.api.network.Offload Offload}); a network may leave any such
 * work to a device, which does what its guest does not, with {@link dev.backplane.api.network.Segments Segments}. Whoever leaves
 * frames in a queue uses {@link dev.backplane.api.network.FrameQueue FrameQueue}.
 */
@Export
@Version("1.0.0")
@NullMarked
package dev.backplane.api.network;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
