package dev.backplane.device.i8042.internal;

import dev.backplane.api.state.StateException;
import dev.backplane.api.state.StateVersion;

/**
 * The controller's registers.
 *
 * @param commandByte its command byte, RAM byte 0
 * @param outputPort its output port
 * @param output the byte that waits to be read at port 0x60, or -1
 * @param parameterOf the command whose parameter is awaited at port 0x60, or 0
 * @param lastWasCommand whether the last write was a command
 */
@StateVersion(
        schema = "i8042-reset",
        writes = 1,
        reads = {1})
public record I8042State(int commandByte, int outputPort, int output, int parameterOf, boolean lastWasCommand) {

    /** The same, if a controller can go on from it. */
    I8042State checked() throws StateException {
        check("commandByte", commandByte, 0);
        check("outputPort", outputPort, 0);
        check("output", output, -1);
        check("parameterOf", parameterOf, 0);
        return this;
    }

    private static void check(String field, int value, int min) throws StateException {
        if (value < min || value > 0xff) {
            throw new StateException(field + " is " + value + ": expected " + min + " to 255");
        }
    }
}
