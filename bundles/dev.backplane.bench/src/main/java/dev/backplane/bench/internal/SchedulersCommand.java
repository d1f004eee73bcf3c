package dev.backplane.bench.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.VmException;
import dev.backplane.shell.command.CommandContext;
import dev.backplane.shell.command.CommandException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
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
        SchedulerRun run = new SchedulerRun(context, context.vms(), scheduler, cpu, Duration.ofSeconds(seconds));
        try {
            if (sets.contains("shares")) {
                SchedulerShares shares = new SchedulerShares(run);
                shares.measure(2, 1);
                shares.measure(4, 2);
                shares.measure(16, 2);
            }
            if (sets.contains("caps")) {
                new SchedulerCaps(run).measure();
            }
            if (sets.contains("overhead")) {
                new SchedulerOverhead(run).measure(pairs);
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
}
