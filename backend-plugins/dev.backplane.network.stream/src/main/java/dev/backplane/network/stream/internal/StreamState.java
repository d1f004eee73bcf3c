package dev.backplane.network.stream.internal;

import dev.backplane.api.state.StateVersion;

/**
 * What is under way.
 *
 * @param incoming frames for the guest, as a queue saves them
 * @param outgoing frames for the far end, as a queue saves them
 * @param received bytes of a frame that has not arrived wholly
 * @param sending bytes of a frame that has not been sent wholly
 */
@StateVersion(
        schema = "network-stream",
        writes = 1,
        reads = {1})
public record StreamState(byte[] incoming, byte[] outgoing, byte[] received, byte[] sending) {
    /** The longest part of a frame that can be under way. */
    static final int MOST_PARTIAL = Framing.LENGTH_BYTES + dev.backplane.api.network.Frame.MOST_BYTES;

    static StreamState empty() {
        byte[] none = {};
        return new StreamState(none, none, none, none);
    }
}
