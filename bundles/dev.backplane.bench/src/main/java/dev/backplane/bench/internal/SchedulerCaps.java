package dev.backplane.bench.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.VmException;
import java.io.IOException;

/** What machines with caps got of a processor. */
final class SchedulerCaps {
    private static final int[] CAPS = {10, 25, 50};
    private static final int PROCESSORS = 2;

    private final SchedulerRun run;

    SchedulerCaps(SchedulerRun run) {
        this.run = run;
    }

    void measure() throws IOException, InterruptedException, ConfigurationException, VmException {
        try (var busy = new BusyMachines(run.vms())) {
            for (int i = 0; i < CAPS.length; i++) {
                busy.start(
                        SchedulerRun.name(i),
                        run.cpu(),
                        "{type: %s, cap: %d%%, affinity: [%s]}"
                                .formatted(run.scheduler(), CAPS[i], SchedulerRun.first(PROCESSORS)));
            }
            var received = ProcessorShares.watch(CAPS.length, SchedulerRun::name, run.span());
            for (int i = 0; i < CAPS.length; i++) {
                double got = 100 * received.of(i) / received.nanos();
                run.print(
                        "%s: cap of %d %% of a processor: got %.2f %%, off by %+.2f %%",
                        run.scheduler(), CAPS[i], got, 100 * (got / CAPS[i] - 1));
            }
        }
    }
}
