package dev.backplane.device.virtio.rng.internal;

/** None. */
public record RngOptions() {}
