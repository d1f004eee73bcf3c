package dev.backplane.api.vm;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * How a machine goes on from a snapshot.
 *
 * @param name its name; without it the one that it had
 * @param overrides values that replace those of its VM file, by dotted key, for instance {@code devices.com1.console}. What the guest sees
 *     of the machine has to stay
 * @param disks where the snapshot's copies of disks are copied to, for this machine to work on: a folder, which is made where there is
 *     none. Without it the machine works on the disks that it had, if they have not changed since
 */
public record RestoreOptions(Optional<String> name, Map<String, String> overrides, Optional<Path> disks) {
    /** As it was. */
    public static final RestoreOptions PLAIN = new RestoreOptions(Optional.empty(), Map.of(), Optional.empty());

    /** Copies the map. */
    public RestoreOptions {
        overrides = Map.copyOf(overrides);
    }
}
