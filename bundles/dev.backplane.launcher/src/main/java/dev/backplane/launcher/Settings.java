package dev.backplane.launcher;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/**
 * What {@code etc/framework.properties} says.
 *
 * @param framework properties for the framework, as they stand there
 * @param levels start level by bundle symbolic name, 0 for a bundle that is only there for its classes
 * @param defaultLevel start level of every other bundle
 */
record Settings(Map<String, String> framework, Map<String, Integer> levels, int defaultLevel) {
    private static final String LEVEL = "level.";
    private static final String DEFAULT_LEVEL = "level";

    static Settings of(Path file, Properties properties) throws LaunchException {
        var framework = new HashMap<String, String>();
        var levels = new HashMap<String, Integer>();
        var defaultLevel = 1;
        for (var name : properties.stringPropertyNames()) {
            var value = properties.getProperty(name).strip();
            if (name.equals(DEFAULT_LEVEL)) {
                defaultLevel = level(file, name, value);
            } else if (name.startsWith(LEVEL)) {
                levels.put(name.substring(LEVEL.length()), level(file, name, value));
            } else {
                framework.put(name, value);
            }
        }
        return new Settings(Map.copyOf(framework), Map.copyOf(levels), defaultLevel);
    }

    int levelOf(String symbolicName) {
        return levels.getOrDefault(symbolicName, defaultLevel);
    }

    /** The level at which everything has been started. */
    int highestLevel() {
        return levels.values().stream().reduce(defaultLevel, Math::max);
    }

    private static int level(Path file, String name, String value) throws LaunchException {
        if (value.matches("[0-9]{1,3}")) {
            return Integer.parseInt(value);
        }
        throw new LaunchException(file + ": " + name + "=" + value + ": a start level from 0 to 999 was expected");
    }
}
