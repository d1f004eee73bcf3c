package dev.backplane.console.reseed.internal;

/** There are none. */
public record ReseedOptions() {}
