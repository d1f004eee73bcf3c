package dev.backplane.api.plugin;

import java.util.List;

/**
 * What an update does to the machines of the process, found out before anything pauses.
 *
 * @param plugins what is replaced, for instance {@code dev.backplane.storage.qcow2 1.0.0 -> 1.1.0}
 * @param pauses the bays that pause, by machine
 * @param states the states that move, for instance {@code qcow2/3 -> qcow2/3}, each once
 * @param stays machines that use what is replaced and stay with it
 * @param refreshed how many bundles are refreshed at the end: the old ones, and what was wired to them
 * @param wayBack whether a second update can go back after the commit
 */
public record UpdateImpact(
        List<String> plugins,
        List<Pause> pauses,
        List<String> states,
        List<String> stays,
        int refreshed,
        boolean wayBack) {
    /** Copies the lists. */
    public UpdateImpact {
        plugins = List.copyOf(plugins);
        pauses = List.copyOf(pauses);
        states = List.copyOf(states);
        stays = List.copyOf(stays);
    }

    /**
     * What pauses in one machine.
     *
     * @param vm the machine
     * @param bays its bays that are at rest for a moment
     */
    public record Pause(String vm, List<String> bays) {
        /** Copies the list. */
        public Pause {
            bays = List.copyOf(bays);
        }
    }
}
