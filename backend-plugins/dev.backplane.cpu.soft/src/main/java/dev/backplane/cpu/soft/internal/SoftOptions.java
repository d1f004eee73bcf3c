package dev.backplane.cpu.soft.internal;

/** None: an interpreter has nothing to choose. */
public record SoftOptions() {}
