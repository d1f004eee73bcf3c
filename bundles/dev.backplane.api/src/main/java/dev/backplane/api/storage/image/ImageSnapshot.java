package dev.backplane.api.storage.image;

import java.time.Duration;
import java.time.Instant;

/**
 * Earlier contents that an image keeps in itself.
 *
 * @param id unique in the image
 * @param name what people call it
 * @param created when
 * @param capacityBytes how long the disk was
 * @param vmStateBytes how much of a machine's state is kept with it; 0 for the disk alone
 * @param vmClock how long the machine had run
 */
public record ImageSnapshot(
        String id, String name, Instant created, long capacityBytes, long vmStateBytes, Duration vmClock) {}
