package dev.backplane.bench.internal;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/** Figures as JSON (RFC 8259) for machines: times in milliseconds a call. */
final class JsonReport {
    private JsonReport() {}

    /** One object; {@code about}: what was measured where, as keys of that object. */
    static String of(Figures figures, Map<String, String> about) {
        String facts = about.entrySet().stream()
                .map(fact -> "  %s: %s,%n".formatted(quoted(fact.getKey()), quoted(fact.getValue())))
                .collect(Collectors.joining());
        String kernels = figures.items().stream()
                .map(item -> "    " + kernel(figures, item))
                .collect(Collectors.joining(",\n"));
        String means = figures.items().stream()
                .map(Figures.Item::workload)
                .distinct()
                .filter(workload -> workload != Workload.BOOT && workload != Workload.SMP)
                .map(workload -> "    " + mean(figures, workload))
                .collect(Collectors.joining(",\n"));
        String remarks = figures.remarks().stream().map(JsonReport::quoted).collect(Collectors.joining(", "));
        return "{\n%s  \"clock\": %s,\n  \"kernels\": [\n%s\n  ],\n  \"geometric-means\": [\n%s\n  ],\n  \"side-by-side\": {%s},\n  \"not-counted\": [%s]\n}\n"
                .formatted(
                        facts,
                        quoted(figures.clock().name().toLowerCase(Locale.ROOT)),
                        kernels,
                        means,
                        sideBySide(figures),
                        remarks);
    }

    private static String kernel(Figures figures, Figures.Item item) {
        String times = figures.contestants().stream()
                .flatMap(contestant -> times(figures, item, contestant).stream())
                .collect(Collectors.joining(", "));
        return "{\"workload\": %s, \"kernel\": %s, \"times\": {%s}, \"ratios\": {%s}}"
                .formatted(
                        quoted(item.workload().word()),
                        quoted(item.name()),
                        times,
                        ratios(figures, (contestant, best) -> figures.ratio(item, contestant, best)));
    }

    private static Optional<String> times(Figures figures, Figures.Item item, Contestant contestant) {
        return figures.best(item, contestant)
                .map(best -> "%s: {\"best\": %s, \"first\": %s}"
                        .formatted(
                                quoted(contestant.name()),
                                sample(best),
                                sample(figures.first(item, contestant).orElseThrow())));
    }

    private static String sample(Sample sample) {
        return String.format(
                Locale.ROOT,
                "{\"runs\": %d, \"median\": %.6f, \"least\": %.6f, \"most\": %.6f}",
                sample.count(),
                sample.median(),
                sample.least(),
                sample.most());
    }

    private static String mean(Figures figures, Workload workload) {
        return "{\"workload\": %s, \"ratios\": {%s}}"
                .formatted(
                        quoted(workload.word()),
                        ratios(figures, (contestant, best) -> figures.mean(workload, contestant, best)));
    }

    private static String sideBySide(Figures figures) {
        return figures.contestants().stream()
                .filter(contestant -> figures.sideBySide(contestant).isPresent())
                .map(contestant -> String.format(
                        Locale.ROOT,
                        "%s: %.3f",
                        quoted(contestant.name()),
                        figures.sideBySide(contestant).getAsDouble()))
                .collect(Collectors.joining(", "));
    }

    /** A contestant's ratio of best or first passes. */
    private interface Ratio {
        OptionalDouble of(Contestant contestant, boolean best);
    }

    private static String ratios(Figures figures, Ratio ratio) {
        List<String> members = figures.contestants().stream()
                .filter(contestant ->
                        !contestant.reference() && ratio.of(contestant, true).isPresent())
                .map(contestant -> String.format(
                        Locale.ROOT,
                        "%s: {\"best\": %.4f, \"first\": %.4f}",
                        quoted(contestant.name()),
                        ratio.of(contestant, true).getAsDouble(),
                        ratio.of(contestant, false).getAsDouble()))
                .toList();
        return String.join(", ", members);
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
