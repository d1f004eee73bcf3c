package dev.backplane.itests.outside;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What swaps cost: how long a gate was closed, as the host measured it, and the longest write and flush of the guest that ended within a
 * second of a swap.
 */
final class SwapFigures {
    private static final long NEAR_MILLIS = 1000;

    private final Map<String, List<Double>> closedMillis = new TreeMap<>();
    private final List<Double> writes = new ArrayList<>();
    private final List<Double> flushes = new ArrayList<>();
    private final List<Double> quietWrites = new ArrayList<>();
    private final List<Double> quietFlushes = new ArrayList<>();
    private int swaps;

    private SwapFigures() {}

    /** The longest of a moment of the guest, in microseconds. */
    private record Gap(long write, long flush) {}

    /** From the lines that the fixture and the guest have written. */
    static SwapFigures of(List<String> report, List<String> guest) {
        NavigableMap<Long, Gap> gaps = new TreeMap<>();
        for (String line : guest) {
            String[] words = line.strip().split(" ");
            if (words.length == 4 && words[0].equals("gap")) {
                gaps.put(Long.parseLong(words[1]), new Gap(Long.parseLong(words[2]), Long.parseLong(words[3])));
            }
        }
        SwapFigures figures = new SwapFigures();
        long first = Long.MAX_VALUE;
        for (String line : report) {
            String[] words = line.split(" ");
            if (words.length > 2 && words[2].contains("=")) {
                long at = Long.parseLong(words[0]);
                first = Math.min(first, at);
                figures.add(words);
                figures.near(gaps.subMap(at - NEAR_MILLIS, true, at + NEAR_MILLIS, true));
            }
        }
        gaps.headMap(first - NEAR_MILLIS).values().forEach(gap -> {
            figures.quietWrites.add(gap.write() / 1e3);
            figures.quietFlushes.add(gap.flush() / 1e3);
        });
        return figures;
    }

    private void add(String... words) {
        swaps++;
        for (int i = 2; i < words.length; i++) {
            long nanos = Long.parseLong(words[i].substring(words[i].lastIndexOf(':') + 1));
            closedMillis.computeIfAbsent(words[1], any -> new ArrayList<>()).add(nanos / 1e6);
        }
    }

    private void near(NavigableMap<Long, Gap> gaps) {
        if (!gaps.isEmpty()) {
            writes.add(gaps.values().stream().mapToLong(Gap::write).max().orElse(0) / 1e3);
            flushes.add(gaps.values().stream().mapToLong(Gap::flush).max().orElse(0) / 1e3);
        }
    }

    /** How many there were. */
    int swaps() {
        return swaps;
    }

    /** For people. */
    String text() {
        StringBuilder text = new StringBuilder();
        List<Double> all = new ArrayList<>();
        closedMillis.values().forEach(all::addAll);
        line(text, "gate closed", all);
        closedMillis.forEach((plugin, millis) -> line(text, "gate closed, " + plugin, millis));
        line(text, "longest write of the guest within a second of a swap", writes);
        line(text, "longest flush of the guest within a second of a swap", flushes);
        line(text, "longest write in 100 ms before the first swap", quietWrites);
        line(text, "longest flush in 100 ms before the first swap", quietFlushes);
        return text.toString();
    }

    private static void line(StringBuilder text, String what, List<Double> millis) {
        if (millis.isEmpty()) {
            return;
        }
        List<Double> sorted = new ArrayList<>(millis);
        Collections.sort(sorted);
        text.append(String.format(
                Locale.ROOT,
                "%s: p50 %.2f ms, p99 %.2f ms, longest %.2f ms (%d)%n",
                what,
                sorted.get((sorted.size() - 1) / 2),
                sorted.get((sorted.size() - 1) * 99 / 100),
                sorted.getLast(),
                sorted.size()));
    }
}
