package dev.backplane.console.stdio.internal;

/** None: there is one terminal. */
public record StdioOptions() {}
