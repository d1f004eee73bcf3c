package dev.backplane.api.device;

/**
 * An interrupt line that a device drives.
 *
 * @param name what the device calls it
 * @param line its number: an ISA interrupt below 16, else a global system interrupt
 * @param trigger how it is sensed
 */
public record Interrupt(String name, int line, Trigger trigger) {
    /** How a line is sensed. */
    public enum Trigger {
        /** On the rising edge. */
        EDGE,
        /** While it is up; may be shared. */
        LEVEL
    }
}
