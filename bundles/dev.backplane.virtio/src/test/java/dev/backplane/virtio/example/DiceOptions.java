package dev.backplane.virtio.example;

import dev.backplane.api.part.Option;

/** What a VM file says: {@code {type: virtio-dice, id: dice, sides: 20}}. */
public record DiceOptions(
        @Option(value = "How many sides a die has.", byDefault = "6", min = 2, max = 256)
        int sides) {}
