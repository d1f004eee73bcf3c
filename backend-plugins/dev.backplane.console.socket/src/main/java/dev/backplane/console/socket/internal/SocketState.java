package dev.backplane.console.socket.internal;

import dev.backplane.api.state.StateVersion;

/**
 * What is on its way. Socket and client stay with the bay; in another process clients connect anew.
 *
 * @param output bytes of the guest that no client has got yet, oldest first
 * @param input bytes of the client that the guest has not taken yet, oldest first
 */
@StateVersion(
        schema = "console-socket",
        writes = 1,
        reads = {1})
public record SocketState(byte[] output, byte[] input) {
    static final int INPUT_BYTES = 16 * 1024;
}
