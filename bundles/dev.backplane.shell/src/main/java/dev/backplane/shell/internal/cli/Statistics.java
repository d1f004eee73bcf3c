package dev.backplane.shell.internal.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A machine's counters as text. */
final class Statistics {
    private static final String EXITS = "exits.";
    private static final String BLOCKS = "translated.blocks";
    private static final String CODE_BYTES = "translated.code-bytes";
    private static final String FLUSHES = "translated.flushes";
    private static final String LEFT = "translated.exits.";

    private Statistics() {}

    /** What was executed in what time, how often the engine was left, and what a translator did; {@code all}: every counter. */
    static List<String> lines(Map<String, Long> counters, Duration elapsed, boolean all) {
        List<String> lines = new ArrayList<>();
        String exits = byFrequency(counters, EXITS);
        lines.add(executed(counters, elapsed) + (exits.isEmpty() ? "" : "; exits: " + exits));
        if (counters.getOrDefault(BLOCKS, 0L) > 0) {
            lines.add(translated(counters));
        }
        if (all) {
            new TreeMap<>(counters).forEach((name, value) -> lines.add(format("  %-32s %,18d", name, value)));
        }
        return lines;
    }

    private static String executed(Map<String, Long> counters, Duration elapsed) {
        double seconds = elapsed.toNanos() / 1e9;
        Long instructions = counters.get("instructions");
        return instructions == null
                ? format("%.1f s", seconds)
                : format(
                        "%,d guest instructions in %.1f s (%.1f MIPS)",
                        instructions, seconds, instructions / 1e6 / seconds);
    }

    private static String translated(Map<String, Long> counters) {
        return format(
                "translated %,d blocks to %.1f MiB of code, dropped all %,d times; left for %s",
                counters.get(BLOCKS),
                counters.getOrDefault(CODE_BYTES, 0L) / (double) (1 << 20),
                counters.getOrDefault(FLUSHES, 0L),
                byFrequency(counters, LEFT));
    }

    /** Those that begin so and are not zero, most frequent first. */
    private static String byFrequency(Map<String, Long> counters, String prefix) {
        return counters.entrySet().stream()
                .filter(counter -> counter.getKey().startsWith(prefix) && counter.getValue() > 0)
                .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .map(counter -> format("%s %,d", counter.getKey().substring(prefix.length()), counter.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
