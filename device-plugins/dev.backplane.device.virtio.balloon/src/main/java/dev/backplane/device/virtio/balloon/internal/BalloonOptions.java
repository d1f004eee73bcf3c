package dev.backplane.device.virtio.balloon.internal;

import dev.backplane.api.part.Live;
import dev.backplane.api.part.Option;
import java.time.Duration;

/** How much the balloon takes, and what the guest may do and is asked. */
public record BalloonOptions(
        @Live
        @Option(
                value = "How much memory the guest is to give back, in whole pages. The guest decides how fast.",
                byDefault = "0",
                max = BalloonOptions.MOST_BYTES,
                unit = Option.Unit.BYTES)
        long target,

        @Option(value = "The guest may take memory out of the balloon when it has none left.", byDefault = "true")
        boolean deflateOnOom,

        @Option(
                value = "The guest reports memory that it does not use, and the host has it until it is used again.",
                byDefault = "true")
        boolean reporting,

        @Live @Option(value = "How often the guest is asked for its statistics; 0s for never.", byDefault = "10s")
        Duration statistics) {

    /** As many pages as the configuration can say. */
    static final long MOST_BYTES = 0xffff_ffffL << BalloonLayout.PAGE_SHIFT;

    private static final Duration SHORTEST = Duration.ofMillis(100);

    /** Refuses to ask a guest all the time. */
    public BalloonOptions {
        if (!statistics.isZero() && statistics.compareTo(SHORTEST) < 0) {
            throw new IllegalArgumentException(
                    "statistics: %s: expected 0s or at least %d ms".formatted(statistics, SHORTEST.toMillis()));
        }
    }

    int targetPages() {
        return (int) (target >>> BalloonLayout.PAGE_SHIFT);
    }
}
