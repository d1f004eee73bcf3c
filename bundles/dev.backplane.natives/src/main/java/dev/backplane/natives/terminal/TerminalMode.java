package dev.backplane.natives.terminal;

/** What the host's terminal driver does with bytes. */
public enum TerminalMode {
    /** Nothing: keys arrive at once, unechoed, control keys as bytes; output is left alone. For a guest's console. */
    RAW,
    /** As {@link #RAW} for input, but a line feed still returns the carriage: messages of this process stay readable. */
    RAW_INPUT
}
