package dev.backplane.bench.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/** Figures as a table for people. */
final class TextReport {
    private static final int KERNEL_WIDTH = 20;

    private final Figures figures;
    private final List<Contestant> own;
    private final boolean compared;
    private final StringBuilder text = new StringBuilder();

    private TextReport(Figures figures) {
        this.figures = figures;
        own = figures.contestants().stream()
                .filter(contestant -> !contestant.reference())
                .toList();
        compared = figures.contestants().stream().anyMatch(Contestant::reference);
    }

    /** The whole report; {@code about}: what was measured where. */
    static String of(Figures figures, String about) {
        return new TextReport(figures).report(about);
    }

    private String report(String about) {
        text.append(about).append('\n');
        text.append(
                figures.clock() == Span.Clock.WALL
                        ? "Time on the host's clock"
                        : "Processor time of the whole process");
        text.append(", milliseconds a call: median over the runs of each run's best pass, +- half of the range,"
                + " and median of the first passes");
        text.append(
                compared
                        ? ".\nRatios against QEMU's faster machine: of best passes, and of first passes.\n\n"
                        : ".\n\n");
        head();
        Workload last = null;
        for (Figures.Item item : figures.items()) {
            if (last != null && last != item.workload()) {
                means(last);
            }
            last = item.workload();
            row(item);
        }
        if (last != null) {
            means(last);
        }
        if (!figures.remarks().isEmpty()) {
            text.append("Not counted:\n");
            figures.remarks().forEach(remark -> text.append("  ").append(remark).append('\n'));
        }
        return text.toString();
    }

    private void head() {
        List<String> cells = new ArrayList<>();
        for (Contestant contestant : figures.contestants()) {
            cells.add("%24s".formatted(contestant.name()));
        }
        if (compared) {
            for (Contestant contestant : own) {
                cells.add("%16s".formatted(contestant.name() + "/qemu"));
            }
        }
        line("", cells);
    }

    private void row(Figures.Item item) {
        List<String> cells = new ArrayList<>();
        for (Contestant contestant : figures.contestants()) {
            Optional<Sample> best = figures.best(item, contestant);
            Optional<Sample> first = figures.first(item, contestant);
            cells.add(
                    best.isEmpty() || first.isEmpty()
                            ? "%24s".formatted("-")
                            : format(
                                    "%9s +-%2.0f %% %9s",
                                    number(best.get().median()),
                                    Math.min(best.get().spreadPercent(), 99),
                                    number(first.get().median())));
        }
        ratios(
                cells,
                contestant -> figures.ratio(item, contestant, true),
                contestant -> figures.ratio(item, contestant, false));
        line(item.workload().word() + " " + item.name(), cells);
    }

    private void means(Workload workload) {
        if (workload == Workload.SMP) {
            sideBySide();
        } else if (compared && workload != Workload.BOOT) {
            List<String> cells = new ArrayList<>();
            figures.contestants().forEach(contestant -> cells.add(" ".repeat(24)));
            ratios(
                    cells,
                    contestant -> figures.mean(workload, contestant, true),
                    contestant -> figures.mean(workload, contestant, false));
            line("  geometric mean", cells);
        }
        text.append('\n');
    }

    /** How much more two vCPUs do than one: two if they do not get in each other's way. */
    private void sideBySide() {
        List<String> cells = new ArrayList<>();
        for (Contestant contestant : figures.contestants()) {
            OptionalDouble factor = figures.sideBySide(contestant);
            cells.add(format("%24s", factor.isPresent() ? format("%.2f", factor.getAsDouble()) : "-"));
        }
        line("  two do, of one", cells);
    }

    /** A contestant's ratio. */
    private interface Ratio {
        OptionalDouble of(Contestant contestant);
    }

    private void ratios(List<String> cells, Ratio best, Ratio first) {
        if (compared) {
            for (Contestant contestant : own) {
                cells.add(format("%8s%8s", ratio(best.of(contestant)), ratio(first.of(contestant))));
            }
        }
    }

    private void line(String name, List<String> cells) {
        text.append(format("%-" + KERNEL_WIDTH + "s", name));
        cells.forEach(cell -> text.append("  ").append(cell));
        text.append('\n');
    }

    private static String number(double millis) {
        int digits = millis >= 1000 ? 0 : millis >= 10 ? 1 : millis >= 0.1 ? 3 : 5;
        return format("%." + digits + "f", millis);
    }

    private static String ratio(OptionalDouble ratio) {
        return ratio.isPresent() ? format("%.3f", ratio.getAsDouble()) : "-";
    }

    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }
}
