package dev.backplane.kernel.internal.file;

import dev.backplane.api.part.Option;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The clock of a machine: the {@code clock} key of a VM file.
 *
 * @param type which one; virtual where something is recorded or replayed
 * @param record where a recording is made
 * @param replay the recording that is replayed
 * @param hashEvery how many instructions lie between two hashes in a recording
 */
public record ClockSpec(
        @Option("The clock: the host's, or virtual: the number of executed instructions.")
        Optional<Type> type,

        @Option("Record what reaches the guest from outside to this file.")
        Optional<Path> record,

        @Option("Replay this recording.") Optional<Path> replay,

        @Option(
                value = "Instructions between two hashes of the state in a recording.",
                byDefault = "10000000",
                min = 10_000)
        long hashEvery) {
    /** What time is made of. */
    public enum Type {
        /** The host's clock. */
        HOST,
        /** Executed instructions. */
        VIRTUAL
    }

    /**
     * Whether the machine runs on virtual time.
     *
     * @return also where only a recording is named
     */
    public boolean virtual() {
        return type.map(Type.VIRTUAL::equals).orElse(record.isPresent() || replay.isPresent());
    }
}
