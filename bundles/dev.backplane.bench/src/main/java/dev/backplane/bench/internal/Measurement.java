package dev.backplane.bench.internal;

import dev.backplane.api.part.ConfigurationException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Lets contestants run the same jobs in turn, and collects their figures. One thread. */
final class Measurement {
    /** How long a pass is to take at most: a slow contestant does less in each. */
    private static final double MOST_PASS_MILLIS = 400;

    private static final int TRIAL_PERCENT = 2;
    /** A machine that fails so often in a workload is not asked again. */
    private static final int MOST_FAILURES = 2;

    private static final Duration SILENCE = Duration.ofSeconds(45);

    private final Plan plan;
    private final Programs programs;
    private final Jobs jobs;
    private final Path folder;
    private final Consumer<String> progress;
    private final Map<String, Integer> percents = new HashMap<>();
    private final Map<String, Integer> failures = new HashMap<>();

    Measurement(Plan plan, Programs programs, Jobs jobs, Path folder, Consumer<String> progress) {
        this.plan = plan;
        this.programs = programs;
        this.jobs = jobs;
        this.folder = folder;
        this.progress = progress;
    }

    /** A short run, not measured, that shows which of them can run here and how much each is to do in a pass. */
    List<Contestant> able(List<Contestant> contestants) throws IOException, InterruptedException {
        List<Contestant> able = new ArrayList<>();
        for (Contestant contestant : contestants) {
            try {
                Job trial = jobs.kernels(EnumSet.of(Workload.INTEGER), 2, TRIAL_PERCENT);
                List<Pass> done =
                        GuestRun.of(contestant, trial, folder, SILENCE).passes();
                double longest = done.stream()
                        .filter(pass -> pass.number() == 2)
                        .mapToDouble(pass -> pass.time().millis(Span.Clock.WALL))
                        .max()
                        .orElse(1);
                int percent = (int) (MOST_PASS_MILLIS * TRIAL_PERCENT / Math.max(longest, 1));
                percents.put(contestant.name(), Math.clamp(percent, 1, 100));
                able.add(contestant);
            } catch (GuestRun.FailedException e) {
                progress.accept(contestant.name() + " is left out: " + e.getMessage());
            }
        }
        return able;
    }

    Figures run(List<Contestant> contestants) throws IOException, InterruptedException, ConfigurationException {
        var figures = new Figures(contestants, plan.clock());
        for (int run = 1; run <= plan.runs(); run++) {
            for (Workload workload : plan.workloads()) {
                List<Contestant> order = new ArrayList<>(contestants);
                // Nobody always runs behind the same one.
                Collections.rotate(order, run);
                for (Contestant contestant : order) {
                    String turn = contestant.name() + " " + workload;
                    if (failures.getOrDefault(turn, 0) >= MOST_FAILURES) {
                        continue;
                    }
                    progress.accept(
                            "run %d of %d: %s: %s".formatted(run, plan.runs(), workload.word(), contestant.name()));
                    try {
                        measure(figures, contestant, workload);
                    } catch (GuestRun.FailedException e) {
                        String remark = "%s, run %d of %s: %s"
                                .formatted(contestant.name(), run, workload.word(), e.getMessage());
                        progress.accept(remark);
                        figures.remark(remark);
                        failures.merge(turn, 1, Integer::sum);
                    }
                }
            }
        }
        return figures;
    }

    private void measure(Figures figures, Contestant contestant, Workload workload)
            throws IOException, InterruptedException, ConfigurationException, GuestRun.FailedException {
        int percent = percents.getOrDefault(contestant.name(), 100);
        Job job = switch (workload) {
            case BOOT -> jobs.boot();
            case LINUX -> jobs.linux(1, plan.passes(), percent);
            case SMP -> jobs.linux(2, plan.passes(), percent);
            default -> jobs.kernels(EnumSet.of(workload), plan.passes(), percent);
        };
        GuestRun.Result result = GuestRun.of(contestant, job, folder, SILENCE);
        if (workload == Workload.BOOT) {
            double whole = result.whole().millis(plan.clock());
            figures.add(contestant, new Figures.Item(workload, "process"), whole, whole);
            // Processor time at a moment that the guest does not wait for is not known.
            if (plan.clock() == Span.Clock.WALL) {
                double command = result.begun().millis(plan.clock());
                figures.add(contestant, new Figures.Item(workload, "to-command"), command, command);
            }
            return;
        }
        for (Figures.Item item : programs.of(workload)) {
            List<Pass> passesOfIt = result.passes().stream()
                    .filter(pass -> pass.kernel().equals(item.name()))
                    .toList();
            check(contestant, item, passesOfIt);
            figures.add(contestant, item, passesOfIt);
        }
    }

    private void check(Contestant contestant, Figures.Item item, List<Pass> done) throws GuestRun.FailedException {
        if (done.size() != plan.passes()) {
            throw new GuestRun.FailedException(
                    "%s: %d of %d passes were told".formatted(item.name(), done.size(), plan.passes()));
        }
        for (Pass pass : done) {
            if (!pass.checksum().equals(programs.checksum(item))) {
                throw new GuestRun.FailedException("%s: WRONG RESULT %s in pass %d, expected %s"
                        .formatted(item.name(), pass.checksum(), pass.number(), programs.checksum(item)));
            }
        }
    }
}
