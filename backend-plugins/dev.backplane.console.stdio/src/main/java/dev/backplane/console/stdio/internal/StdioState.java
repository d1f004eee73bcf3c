package dev.backplane.console.stdio.internal;

import dev.backplane.api.state.StateException;
import dev.backplane.api.state.StateVersion;

/**
 * What is on its way.
 *
 * @param output bytes of the guest that are not on the terminal yet, oldest first
 * @param input bytes that were typed and that the guest has not taken yet, oldest first
 */
@StateVersion(
        schema = "console-stdio",
        writes = 1,
        reads = {1})
public record StdioState(byte[] output, byte[] input) {
    static final int OUTPUT_BYTES = 64 * 1024;
    static final int INPUT_BYTES = 16 * 1024;

    /** The same, if a port can go on from it. */
    StdioState checked() throws StateException {
        check("output", output, OUTPUT_BYTES);
        check("input", input, INPUT_BYTES);
        return this;
    }

    private static void check(String field, byte[] bytes, int max) throws StateException {
        if (bytes.length > max) {
            throw new StateException(field + " has " + bytes.length + " bytes: expected at most " + max);
        }
    }
}
