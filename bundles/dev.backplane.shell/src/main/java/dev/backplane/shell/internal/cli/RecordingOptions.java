package dev.backplane.shell.internal.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Options that put a machine on virtual time. */
final class RecordingOptions {
    @ArgGroup
    private @Nullable Choice choice;

    @Option(
            names = "--hash-every",
            paramLabel = "N",
            description = "With --record: so many instructions between two hashes of the state (10000000 by default).")
    private @Nullable String hashEvery;

    /** One or the other. */
    static final class Choice {
        @Option(
                names = "--record",
                paramLabel = "FILE",
                description = {
                    "Run on virtual time (an instruction is a nanosecond) and record what reaches the guest from outside,"
                            + " with the instruction at which it came."
                })
        private @Nullable Path record;

        @Option(
                names = "--replay",
                paramLabel = "FILE",
                description = {
                    "Run a recording of this machine again, instruction by instruction, and compare its state with the"
                            + " recorded one. Exit status 0: it was the same; 1: it differed, and where."
                })
        private @Nullable Path replay;
    }

    /** By the keys of a VM file. */
    Map<String, String> overrides() {
        Map<String, String> overrides = new LinkedHashMap<>();
        if (choice != null) {
            overrides.put("clock.type", "virtual");
            put(overrides, "clock.record", choice.record);
            put(overrides, "clock.replay", choice.replay);
        }
        if (hashEvery != null) {
            overrides.put("clock.hashEvery", hashEvery);
        }
        return overrides;
    }

    /** As a quoted text, whatever it looks like. */
    private static void put(Map<String, String> overrides, String key, @Nullable Path file) {
        if (file != null) {
            overrides.put(key, "'" + file.toAbsolutePath().toString().replace("'", "''") + "'");
        }
    }

    boolean replays() {
        return choice != null && choice.replay != null;
    }
}
