package dev.backplane.kernel.internal.bay;

/**
 * A doorbell that has rung while nobody was there to hear it. Plain values: it is part of a machine's state.
 *
 * @param window the device's window that it is in
 * @param offset where in the window
 * @param size in bytes
 * @param value what was written
 */
public record RungBell(String window, long offset, int size, long value) {}
