package dev.backplane.api.vm;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Clones of a machine.
 *
 * @param clones the clones, {@link VmState#DEFINED}: each goes on from where the machine stood, once it is started
 * @param pause how long the machine stood; zero for one that was paused before
 * @param files what was made for each clone's disks, by its name: an overlay of its own, and what it shares with others. Whoever removes the
 *     clone removes them
 */
public record Cloned(List<Vm> clones, Duration pause, Map<String, List<Path>> files) {
    /** Copies list and map. */
    public Cloned {
        clones = List.copyOf(clones);
        files = Map.copyOf(files);
    }

    /** Clones that have no files of their own. */
    public Cloned(List<Vm> clones, Duration pause) {
        this(clones, pause, Map.of());
    }
}
