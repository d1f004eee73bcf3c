package dev.backplane.virtio.example;

import dev.backplane.api.device.virtio.VirtioState;
import dev.backplane.api.state.StateVersion;

/** From what a successor goes on: the device's own state, and its transport's. */
@StateVersion(schema = "virtio-dice", writes = 1, reads = 1)
public record DiceState(long thrown, VirtioState virtio) {}
