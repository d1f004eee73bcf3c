package dev.backplane.api.vm;

import java.time.Duration;
import java.util.List;

/**
 * Clones of a machine.
 *
 * @param clones the clones, {@link VmState#DEFINED}: each goes on from where the machine stood, once it is started
 * @param pause how long the machine stood; zero for one that was paused before
 */
public record Cloned(List<Vm> clones, Duration pause) {
    /** Copies the list. */
    public Cloned {
        clones = List.copyOf(clones);
    }
}
