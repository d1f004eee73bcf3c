package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.part.ConfigurationException;
import java.nio.charset.StandardCharsets;

/** Places command lines one after the other, each with a zero at its end. */
final class CommandLines {
    private final BootMemory memory;
    private long next = LowMemory.COMMAND_LINE;

    CommandLines(BootMemory memory) {
        this.memory = memory;
    }

    /**
     * Places one.
     *
     * @param option the option that gives it, for messages
     * @param text the command line
     * @param most how many bytes the kernel takes, without the zero
     * @return where it is
     */
    long place(String option, String text, long most) throws ConfigurationException {
        byte[] bytes = (text + '\0').getBytes(StandardCharsets.UTF_8);
        int length = bytes.length - 1;
        if (text.indexOf('\0') >= 0) {
            throw new ConfigurationException(
                    "%s: has a NUL character at position %d".formatted(option, text.indexOf('\0')));
        }
        long room = LowMemory.COMMAND_LINE + LowMemory.COMMAND_LINE_BYTES - next - 1;
        if (length > Math.min(most, room)) {
            throw new ConfigurationException("%s: %d bytes: %s"
                    .formatted(
                            option,
                            length,
                            length > most ? "the kernel takes at most " + most : "there is room for " + room));
        }
        long place = next;
        memory.place(option, place, bytes);
        next += bytes.length;
        return place;
    }
}
