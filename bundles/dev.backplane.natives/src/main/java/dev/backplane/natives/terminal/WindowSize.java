package dev.backplane.natives.terminal;

/** A terminal's size in characters; 0 where it is not known. */
public record WindowSize(int rows, int columns) {}
