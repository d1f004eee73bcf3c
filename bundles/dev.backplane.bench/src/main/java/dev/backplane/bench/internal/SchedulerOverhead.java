package dev.backplane.bench.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.VmException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What an instruction costs the whole process against what it costs under {@code host}, in pairs. */
final class SchedulerOverhead {
    private static final int PROCESSORS = 2;

    private final SchedulerRun run;

    SchedulerOverhead(SchedulerRun run) {
        this.run = run;
    }

    private BusyGroup group(String scheduler) throws IOException, ConfigurationException, VmException {
        return new BusyGroup(
                run.vms(),
                scheduler,
                "{type: %s, affinity: [%s]}".formatted(scheduler, SchedulerRun.first(PROCESSORS)));
    }

    void measure(int pairs) throws IOException, InterruptedException, ConfigurationException, VmException {
        try (var host = group("host");
                var other = group(run.scheduler())) {
            // The interpreter is compiled meanwhile.
            host.nanosAnInstruction();
            other.nanosAnInstruction();
            List<Double> ratios = new ArrayList<>();
            for (int pair = 0; pair < pairs; pair++) {
                boolean hostFirst = pair % 2 == 0;
                double one = (hostFirst ? host : other).nanosAnInstruction();
                double two = (hostFirst ? other : host).nanosAnInstruction();
                ratios.add(hostFirst ? two / one : one / two);
            }
            Sample sample = Sample.of(ratios);
            run.print(
                    "%s against host: processor time an instruction, 4 busy vCPUs on 2: %+.2f %% (median of %d pairs; %+.2f to %+.2f)",
                    run.scheduler(),
                    100 * (sample.median() - 1),
                    sample.count(),
                    100 * (sample.least() - 1),
                    100 * (sample.most() - 1));
        }
    }
}
