package dev.backplane.bench.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.VmException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What machines of weights from 100 to 400 got of what all of them got, which leaves the host's other load out. */
final class SchedulerShares {
    private final SchedulerRun run;

    SchedulerShares(SchedulerRun run) {
        this.run = run;
    }

    void measure(int count, int processors)
            throws IOException, InterruptedException, ConfigurationException, VmException {
        List<Double> weights = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            weights.add(100.0 * (1 + i % 4));
        }
        try (var busy = new BusyMachines(run.vms())) {
            for (int i = 0; i < count; i++) {
                busy.start(
                        SchedulerRun.name(i),
                        run.cpu(),
                        "{type: %s, weight: %.0f, affinity: [%s]}"
                                .formatted(run.scheduler(), weights.get(i), SchedulerRun.first(processors)));
            }
            var received = ProcessorShares.watch(count, SchedulerRun::name, run.span());
            run.print(
                    "%s: %2d busy vCPUs on %d: share against weight off by %+.2f %% at most; longest without any %.1f s; %.2f processors together",
                    run.scheduler(),
                    count,
                    processors,
                    worst(received, weights),
                    received.longestWithout().toMillis() / 1e3,
                    received.together() / received.nanos());
        }
    }

    private static double worst(ProcessorShares received, List<Double> weights) {
        double all = weights.stream().mapToDouble(Double::doubleValue).sum();
        double worst = 0;
        for (int i = 0; i < weights.size(); i++) {
            double error = 100 * (received.of(i) / received.together() / (weights.get(i) / all) - 1);
            worst = Math.abs(error) > Math.abs(worst) ? error : worst;
        }
        return worst;
    }
}
