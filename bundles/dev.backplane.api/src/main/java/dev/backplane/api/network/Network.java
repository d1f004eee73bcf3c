package dev.backplane.api.network;

import java.util.Set;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A network as a device sees it. Callable on any thread but for {@link #receive}, which one thread calls at a time; never blocks,
 * allocates nothing. While the network's bay is away it takes nothing and gives nothing, and its listener is told when it is back.
 */
@ProviderType
public interface Network {
    /**
     * Hands over a frame.
     *
     * @param frame the frame; the caller's again afterwards
     * @return false when it was not taken, for want of room, or since the network does not do what the frame asks of it ({@link
     *     #offloads} tells): keep the frame, {@link NetworkListener#writable} tells when to try again
     */
    boolean send(Frame frame);

    /**
     * Takes the next frame that arrived. It may ask for work that is left to do, whatever the guest is able to: see {@link Segments}.
     *
     * @param frame filled; with room for {@link Frame#MOST_BYTES}
     * @return false when there is none: {@link NetworkListener#readable} tells when to look again
     */
    boolean receive(Frame frame);

    /**
     * What frames that are sent may ask of the network, at this moment. A device does the rest itself before it sends.
     *
     * @return perhaps nothing; always the same set for the same part in the bay
     */
    Set<Offload> offloads();

    /**
     * Whether the cable is in. While the bay is away, what it was before.
     *
     * @return false where nothing can arrive at either side
     */
    boolean isUp();

    /**
     * The longest packet that passes, without its Ethernet header. While the bay is away, what it was before.
     *
     * @return 68 to 65535 bytes
     */
    int mtuBytes();

    /**
     * Names the listener, in place of an earlier one. Calls begin when the device is resumed.
     *
     * @param listener the device's
     */
    void listen(NetworkListener listener);
}
