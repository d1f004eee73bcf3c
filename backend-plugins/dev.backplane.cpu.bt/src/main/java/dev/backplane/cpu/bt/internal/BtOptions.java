package dev.backplane.cpu.bt.internal;

/** None yet. */
public record BtOptions() {}
