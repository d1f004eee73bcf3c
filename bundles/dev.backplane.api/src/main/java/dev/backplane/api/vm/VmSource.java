package dev.backplane.api.vm;

import java.nio.file.Path;
import java.util.Map;

/**
 * A VM file's text and where it came from.
 *
 * @param name what messages call it, usually the file's path; empty for a text that no person wrote, of which messages
 *     then name the keys alone
 * @param text YAML
 * @param folder what relative paths in it start from
 * @param overrides values that replace those of the file, by dotted key, for instance {@code cpu.type} to {@code soft}
 */
public record VmSource(String name, String text, Path folder, Map<String, String> overrides) {
    /** Copies the map. */
    public VmSource {
        overrides = Map.copyOf(overrides);
    }
}
