package dev.backplane.bench.internal;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code backplane bench}. */
@Command(
        name = "bench",
        description = "Measure this installation on this machine.",
        synopsisSubcommandLabel = "WHAT",
        commandListHeading = "%nWhat:%n")
final class BenchCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    private final CpuCommand cpu;
    private final StartCommand start;
    private final SchedulersCommand schedulers;

    BenchCommand(CpuCommand cpu, StartCommand start, SchedulersCommand schedulers) {
        this.cpu = cpu;
        this.start = start;
        this.schedulers = schedulers;
    }

    /** With what can be measured. */
    CommandLine line() {
        return new CommandLine(this).addSubcommand(cpu).addSubcommand(start).addSubcommand(schedulers);
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "what is to be measured is missing, for instance 'cpu', 'schedulers' or 'start'");
    }
}
