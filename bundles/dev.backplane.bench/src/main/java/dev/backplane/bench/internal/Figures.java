package dev.backplane.bench.internal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** What was measured, by kernel and contestant. One thread. */
final class Figures {
    /**
     * A kernel of a workload.
     *
     * @param workload the group
     * @param name the kernel
     */
    record Item(Workload workload, String name) {}

    /**
     * One contestant's times for a kernel, one of each for a run; in milliseconds a call.
     *
     * @param best of the fastest pass
     * @param first of the first pass
     */
    record Times(List<Double> best, List<Double> first) {
        Times() {
            this(new ArrayList<>(), new ArrayList<>());
        }
    }

    private final Span.Clock clock;
    private final List<Contestant> contestants;
    private final Map<Item, Map<String, Times>> times = new LinkedHashMap<>();
    private final List<String> remarks = new ArrayList<>();

    /** {@code clock}: the one that the figures are taken from. */
    Figures(List<Contestant> contestants, Span.Clock clock) {
        this.contestants = List.copyOf(contestants);
        this.clock = clock;
    }

    /** All passes of one kernel in one run. */
    void add(Contestant contestant, Item item, List<Pass> passes) {
        List<Double> millis = passes.stream()
                .map(pass -> pass.time().millis(clock) / pass.calls())
                .toList();
        add(contestant, item, millis.stream().min(Double::compare).orElseThrow(), millis.getFirst());
    }

    void add(Contestant contestant, Item item, double best, double first) {
        Times into = times.computeIfAbsent(item, key -> new LinkedHashMap<>())
                .computeIfAbsent(contestant.name(), key -> new Times());
        into.best().add(best);
        into.first().add(first);
    }

    /** Something that the reader should know. */
    void remark(String text) {
        remarks.add(text);
    }

    List<String> remarks() {
        return remarks;
    }

    Span.Clock clock() {
        return clock;
    }

    List<Contestant> contestants() {
        return contestants;
    }

    /** In the order of their first measurement, those of one workload together. */
    List<Item> items() {
        return times.keySet().stream()
                .sorted((a, b) -> a.workload().compareTo(b.workload()))
                .toList();
    }

    Optional<Sample> best(Item item, Contestant contestant) {
        return sample(item, contestant, true);
    }

    Optional<Sample> first(Item item, Contestant contestant) {
        return sample(item, contestant, false);
    }

    private Optional<Sample> sample(Item item, Contestant contestant, boolean best) {
        Times found = times.getOrDefault(item, Map.of()).get(contestant.name());
        return found == null ? Optional.empty() : Optional.of(Sample.of(best ? found.best() : found.first()));
    }

    /** A contestant's median against that of the fastest reference; empty where one of them is missing. */
    OptionalDouble ratio(Item item, Contestant contestant, boolean best) {
        OptionalDouble reference = contestants.stream()
                .filter(Contestant::reference)
                .flatMap(other -> sample(item, other, best).stream())
                .mapToDouble(Sample::median)
                .min();
        Optional<Sample> own = sample(item, contestant, best);
        return own.isPresent() && reference.isPresent() && reference.getAsDouble() > 0
                ? OptionalDouble.of(own.get().median() / reference.getAsDouble())
                : OptionalDouble.empty();
    }

    /** How much work two vCPUs do in the time in which one does one; empty where that was not measured, or not in real time. */
    OptionalDouble sideBySide(Contestant contestant) {
        Optional<Sample> alone = best(new Item(Workload.SMP, "alone"), contestant);
        Optional<Sample> pair = best(new Item(Workload.SMP, "pair"), contestant);
        return clock == Span.Clock.WALL && alone.isPresent() && pair.isPresent()
                ? OptionalDouble.of(2 * alone.get().median() / pair.get().median())
                : OptionalDouble.empty();
    }

    /** The geometric mean of a workload's ratios; empty where one is missing. */
    OptionalDouble mean(Workload workload, Contestant contestant, boolean best) {
        List<OptionalDouble> ratios = times.keySet().stream()
                .filter(item -> item.workload() == workload)
                .map(item -> ratio(item, contestant, best))
                .toList();
        return ratios.stream().allMatch(OptionalDouble::isPresent) && !ratios.isEmpty()
                ? OptionalDouble.of(Sample.geometricMean(
                        ratios.stream().mapToDouble(OptionalDouble::getAsDouble).toArray()))
                : OptionalDouble.empty();
    }
}
