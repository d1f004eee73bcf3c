package dev.backplane.shell.internal.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that override what a VM file says; their values are checked where the file's are. */
final class SizeOptions {
    @Option(
            names = "--cpu",
            paramLabel = "TYPE",
            description = "CPU backend: auto, or a type of kind 'cpu' that 'backplane types' lists.")
    private @Nullable String cpu;

    @Option(names = "--cpus", paramLabel = "N", description = "Number of virtual CPUs.")
    private @Nullable String cpus;

    @Option(names = "--memory", paramLabel = "SIZE", description = "Guest memory, for instance 512MiB.")
    private @Nullable String memory;

    @Option(
            names = "--verify-code",
            description = "Verify every block of translated code before it runs (CPU backends that translate).")
    private boolean verifyCode;

    /** By the keys of a VM file. */
    Map<String, String> overrides() {
        Map<String, String> overrides = new LinkedHashMap<>();
        put(overrides, "cpu.type", cpu);
        put(overrides, "cpu.verify", verifyCode ? "true" : null);
        put(overrides, "cpus", cpus);
        put(overrides, "memory", memory);
        return overrides;
    }

    private static void put(Map<String, String> overrides, String key, @Nullable String value) {
        if (value != null) {
            overrides.put(key, value);
        }
    }
}
