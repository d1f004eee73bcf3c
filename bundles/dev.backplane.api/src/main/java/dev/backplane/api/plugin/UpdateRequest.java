package dev.backplane.api.plugin;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What is to be replaced, and how far it is to go.
 *
 * @param locations jars: paths, or {@code file:}, {@code http:} and {@code https:} URLs; several are one set, which comes and goes together
 * @param dryRun whether to stop after the impact and leave nothing behind
 * @param canary the one machine that moves now; the others follow with {@link PluginManager#commit}
 * @param pins machines that stay with what they have, also after a restart
 */
public record UpdateRequest(List<String> locations, boolean dryRun, Optional<String> canary, Set<String> pins) {
    /** Copies the collections. */
    public UpdateRequest {
        locations = List.copyOf(locations);
        pins = Set.copyOf(pins);
    }
}
