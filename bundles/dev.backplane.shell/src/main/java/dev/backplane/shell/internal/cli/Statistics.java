package dev.backplane.shell.internal.cli;

import java.time.Duration;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A machine's counters as text. */
final class Statistics {
    private static final String EXITS = "exits.";

    private Statistics() {}

    /** Two lines: what was executed in what time, and how often the engine was left, by kind, most frequent first. */
    static String text(Map<String, Long> counters, Duration elapsed) {
        double seconds = elapsed.toNanos() / 1e9;
        Long instructions = counters.get("instructions");
        String executed = instructions == null
                ? String.format(Locale.ROOT, "%.1f s", seconds)
                : String.format(
                        Locale.ROOT,
                        "%,d guest instructions in %.1f s (%.1f MIPS)",
                        instructions,
                        seconds,
                        instructions / 1e6 / seconds);
        String exits = counters.entrySet().stream()
                .filter(counter -> counter.getKey().startsWith(EXITS) && counter.getValue() > 0)
                .sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .map(counter -> String.format(
                        Locale.ROOT, "%s %,d", counter.getKey().substring(EXITS.length()), counter.getValue()))
                .collect(Collectors.joining(", "));
        return exits.isEmpty() ? executed : executed + "; exits: " + exits;
    }
}
