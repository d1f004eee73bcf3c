package dev.backplane.itests.outside;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What swaps cost: how long a gate was closed and on what the time was spent, as the host measured it, and the longest write and flush of
 * the guest that ended within a second of a swap, by whether a disk had a flush in flight when the gate closed. Of one that took seconds,
 * what was swapped meanwhile.
 */
final class SwapFigures {
    private static final long NEAR_MILLIS = 1000;
    private static final long STALL_MICROS = 2_000_000;

    /** In front of a bay that was only saved, to try whether it could be moved. */
    private static final String TRIED = "try/";

    private final Map<String, List<Double>> closedMillis = new TreeMap<>();
    private final Map<String, Map<String, List<Double>>> phaseMillis = new TreeMap<>();
    private final Map<String, List<Double>> guestMillis = new TreeMap<>();
    private final List<Double> triedMillis = new ArrayList<>();
    private final NavigableMap<Long, String> begun = new TreeMap<>();
    private final List<String> stalls = new ArrayList<>();
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
                figures.begun.put(at, words[1]);
                List<Moved> moved = moved(words, false);
                moved(words, true).forEach(each -> figures.triedMillis.add(each.nanos() / 1e6));
                figures.add(words[1], moved);
                boolean flushing =
                        moved.stream().anyMatch(each -> each.inFlight().contains("flush"));
                figures.near(
                        gaps.subMap(at - NEAR_MILLIS, true, at + NEAR_MILLIS, true),
                        "within a second of a swap " + (flushing ? "with" : "without") + " a flush in flight");
            }
        }
        gaps.forEach(figures::stalled);
        gaps.headMap(first - NEAR_MILLIS)
                .values()
                .forEach(gap -> figures.guest("in 100 ms before the first swap", gap));
        return figures;
    }

    /** A word of the fixture: {@code disk0=MOVED:flush,write:SAVE=1200,RESTORE=4500:7300}. */
    private record Moved(String inFlight, Map<String, Long> phaseNanos, long nanos) {
        static Moved of(String word) {
            String[] parts = word.substring(word.indexOf('=') + 1).split(":");
            Map<String, Long> phases = new LinkedHashMap<>();
            for (String phase : parts[2].split(",")) {
                String[] sides = phase.split("=");
                if (sides.length == 2) {
                    phases.put(sides[0], Long.parseLong(sides[1]));
                }
            }
            return new Moved(parts[1], phases, Long.parseLong(parts[3]));
        }
    }

    private static List<Moved> moved(String[] words, boolean tried) {
        return Arrays.stream(words)
                .filter(word -> word.contains("=") && word.startsWith(TRIED) == tried)
                .map(Moved::of)
                .toList();
    }

    private void stalled(long at, Gap longest) {
        long micros = Math.max(longest.write(), longest.flush());
        if (micros > STALL_MICROS) {
            long from = at - micros / 1000;
            String meanwhile = begun.subMap(from - NEAR_MILLIS, true, at, true).entrySet().stream()
                    .map(swap -> "%s at %d ms".formatted(swap.getValue(), swap.getKey() - from))
                    .collect(Collectors.joining(", "));
            stalls.add("a %s of the guest took %d ms; swaps that began meanwhile: %s"
                    .formatted(longest.write() > longest.flush() ? "write" : "flush", micros / 1000, meanwhile));
        }
    }

    private void add(String plugin, List<Moved> moved) {
        swaps++;
        for (Moved each : moved) {
            closedMillis.computeIfAbsent(plugin, any -> new ArrayList<>()).add(each.nanos() / 1e6);
            each.phaseNanos()
                    .forEach((phase, nanos) -> phaseMillis
                            .computeIfAbsent(plugin, any -> new LinkedHashMap<>())
                            .computeIfAbsent(phase, any -> new ArrayList<>())
                            .add(nanos / 1e6));
        }
    }

    private void near(NavigableMap<Long, Gap> gaps, String when) {
        if (!gaps.isEmpty()) {
            guest(
                    when,
                    new Gap(
                            gaps.values().stream().mapToLong(Gap::write).max().orElse(0),
                            gaps.values().stream().mapToLong(Gap::flush).max().orElse(0)));
        }
    }

    private void guest(String when, Gap longest) {
        guestMillis
                .computeIfAbsent("longest write of the guest " + when, any -> new ArrayList<>())
                .add(longest.write() / 1e3);
        guestMillis
                .computeIfAbsent("longest flush of the guest " + when, any -> new ArrayList<>())
                .add(longest.flush() / 1e3);
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
        closedMillis.forEach((plugin, millis) -> {
            line(text, "gate closed, " + plugin, millis);
            phases(text, phaseMillis.getOrDefault(plugin, Map.of()));
        });
        line(text, "gate closed to try", triedMillis);
        guestMillis.forEach((what, millis) -> line(text, what, millis));
        stalls.forEach(stall -> text.append(stall).append('\n'));
        return text.toString();
    }

    private static void phases(StringBuilder text, Map<String, List<Double>> phases) {
        if (!phases.isEmpty()) {
            text.append(phases.entrySet().stream()
                    .map(phase -> String.format(
                            Locale.ROOT,
                            "%s %.2f",
                            phase.getKey().toLowerCase(Locale.ROOT),
                            part(sorted(phase.getValue()), 50)))
                    .collect(Collectors.joining(", ", "    p50 of each phase, ms: ", "\n")));
        }
    }

    private static List<Double> sorted(List<Double> values) {
        List<Double> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return sorted;
    }

    private static double part(List<Double> sorted, int percent) {
        return sorted.get((sorted.size() - 1) * percent / 100);
    }

    private static void line(StringBuilder text, String what, List<Double> millis) {
        if (millis.isEmpty()) {
            return;
        }
        List<Double> sorted = sorted(millis);
        text.append(String.format(
                Locale.ROOT,
                "%s: p50 %.2f ms, p99 %.2f ms, longest %.2f ms (%d)%n",
                what,
                part(sorted, 50),
                part(sorted, 99),
                sorted.getLast(),
                sorted.size()));
    }
}
