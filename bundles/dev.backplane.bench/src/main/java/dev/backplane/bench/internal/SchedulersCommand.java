package dev.backplane.bench.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.VmException;
import dev.backplane.shell.command.CommandContext;
import dev.backplane.shell.command.CommandException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code backplane bench schedulers}. */
@Command(
        name = "schedulers",
        description = {
            "Measure a scheduler with machines of one busy vCPU each, in this process, on the host's first two processors.",
            "",
            "  shares    2 machines on one processor, 4 and 16 on two, of weights from 100 to 400: what each got of what all"
                    + " of them got, which leaves the host's other load out",
            "  caps      machines with caps of 10, 25 and 50 % of a processor",
            "  overhead  4 machines on two processors against 4 under 'host', in pairs: processor time of the whole process"
                    + " an instruction",
            "",
            "Run it on a host that does nothing else: caps are of processor time that the host may not have."
        },
        footerHeading = "%nExample:%n",
        footer = "  backplane bench schedulers --scheduler credit --set shares,caps")
final class SchedulersCommand implements Callable<Integer> {
    private static final List<String> SETS = List.of("shares", "caps", "overhead");
    private static final List<String> MEASURABLE = List.of("fair", "credit");

    private final CommandContext context;

    @Option(names = "--scheduler", paramLabel = "TYPE", description = "fair (default) or credit.")
    private String scheduler = "fair";

    @Option(names = "--set", split = ",", paramLabel = "WHAT", description = "What to measure (default: all).")
    private List<String> sets = SETS;

    @Option(
            names = "--cpu",
            paramLabel = "TYPE",
            description = "The CPU backend of shares and caps (default: soft); overhead is always measured with soft.")
    private String cpu = "soft";

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "How long shares and caps are looked at (default: 20).")
    private int seconds = 20;

    @Option(names = "--pairs", paramLabel = "N", description = "How many pairs for overhead (default: 30).")
    private int pairs = 30;

    SchedulersCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws CommandException, IOException, InterruptedException {
        if (!MEASURABLE.contains(scheduler)) {
            throw new CommandException(
                    2,
                    "--scheduler %s: expected one with weights and caps: %s"
                            .formatted(scheduler, String.join(" or ", MEASURABLE)));
        }
        for (String set : sets) {
            if (!SETS.contains(set)) {
                throw new CommandException(2, "--set %s: expected some of %s".formatted(set, String.join(", ", SETS)));
            }
        }
        inRange("--seconds", seconds, 3600);
        inRange("--pairs", pairs, 10_000);
        try {
            if (sets.contains("shares")) {
                shares(2, 1);
                shares(4, 2);
                shares(16, 2);
            }
            if (sets.contains("caps")) {
                caps();
            }
            if (sets.contains("overhead")) {
                overhead();
            }
        } catch (ConfigurationException | VmException e) {
            throw new CommandException(String.valueOf(e.getMessage()));
        }
        return 0;
    }

    private static void inRange(String option, int value, int most) throws CommandException {
        if (value < 1 || value > most) {
            throw new CommandException(2, "%s %d: expected 1 to %d".formatted(option, value, most));
        }
    }

    private void shares(int count, int processors)
            throws CommandException, IOException, InterruptedException, ConfigurationException, VmException {
        List<Double> weights = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            weights.add(100.0 * (1 + i % 4));
        }
        double all = weights.stream().mapToDouble(Double::doubleValue).sum();
        try (var busy = new BusyMachines(context.vms())) {
            for (int i = 0; i < count; i++) {
                busy.start(
                        name(i),
                        cpu,
                        "{type: %s, weight: %.0f, affinity: [%s]}"
                                .formatted(scheduler, weights.get(i), first(processors)));
            }
            var received = ProcessorShares.watch(count, SchedulersCommand::name, Duration.ofSeconds(seconds));
            double worst = 0;
            for (int i = 0; i < count; i++) {
                double error = 100 * (received.of(i) / received.together() / (weights.get(i) / all) - 1);
                worst = Math.abs(error) > Math.abs(worst) ? error : worst;
            }
            print(
                    "%s: %2d busy vCPUs on %d: share against weight off by %+.2f %% at most; longest without any %.1f s; %.2f processors together",
                    scheduler,
                    count,
                    processors,
                    worst,
                    received.longestWithout().toMillis() / 1e3,
                    received.together() / received.nanos());
        }
    }

    private void caps()
            throws CommandException, IOException, InterruptedException, ConfigurationException, VmException {
        int[] caps = {10, 25, 50};
        try (var busy = new BusyMachines(context.vms())) {
            for (int i = 0; i < caps.length; i++) {
                busy.start(
                        name(i), cpu, "{type: %s, cap: %d%%, affinity: [%s]}".formatted(scheduler, caps[i], first(2)));
            }
            var received = ProcessorShares.watch(caps.length, SchedulersCommand::name, Duration.ofSeconds(seconds));
            for (int i = 0; i < caps.length; i++) {
                double got = 100 * received.of(i) / received.nanos();
                print(
                        "%s: cap of %d %% of a processor: got %.2f %%, off by %+.2f %%",
                        scheduler, caps[i], got, 100 * (got / caps[i] - 1));
            }
        }
    }

    private void overhead()
            throws CommandException, IOException, InterruptedException, ConfigurationException, VmException {
        try (var host = new BusyGroup(context.vms(), "host", "{type: host, affinity: [%s]}".formatted(first(2)));
                var other = new BusyGroup(
                        context.vms(), scheduler, "{type: %s, affinity: [%s]}".formatted(scheduler, first(2)))) {
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
            print(
                    "%s against host: processor time an instruction, 4 busy vCPUs on 2: %+.2f %% (median of %d pairs; %+.2f to %+.2f)",
                    scheduler,
                    100 * (sample.median() - 1),
                    sample.count(),
                    100 * (sample.least() - 1),
                    100 * (sample.most() - 1));
        }
    }

    private static String name(int number) {
        return "busy" + number;
    }

    /** The first processors, as in {@code affinity}. */
    private static String first(int processors) {
        int last = Math.min(processors, Runtime.getRuntime().availableProcessors()) - 1;
        return last == 0 ? "0" : "0-" + last;
    }

    private void print(String format, Object... values) throws IOException {
        context.print(String.format(Locale.ROOT, format + "%n", values));
    }
}
