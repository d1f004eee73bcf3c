package dev.backplane.natives.terminal;

/** What a byte stream is for. */
public enum Direction {
    INPUT,
    OUTPUT
}
