package dev.backplane.api.plugin;

import java.time.Instant;
import java.util.List;

/**
 * A set of plugins that was in force together, as the store keeps it.
 *
 * @param number its number
 * @param before the one that a start falls back to where this one does not get ready; 0 is the installation alone
 * @param made when it was written down
 * @param current whether the next process starts with it
 * @param note why it is not used, where it did not get ready; else empty
 * @param plugins what it has beside the installation or in its place, and its pins: a line each
 */
public record PluginGeneration(
        int number, int before, Instant made, boolean current, String note, List<String> plugins) {
    /** Copies the list. */
    public PluginGeneration {
        plugins = List.copyOf(plugins);
    }
}
