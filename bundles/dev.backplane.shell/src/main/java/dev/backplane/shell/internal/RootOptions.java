package dev.backplane.shell.internal;

import java.io.OutputStream;
import java.io.PrintWriter;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** What every command line begins with, and what holds for every command. */
@Command(name = "backplane")
public class RootOptions implements Runnable {
    private static final int HELP_COLUMNS = 100;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--debug",
            scope = ScopeType.INHERIT,
            description = "Show stack traces and everything that is logged, on standard error.")
    private boolean debug;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show this help and exit.")
    private boolean help;

    /** Whether stack traces are to be shown. */
    public boolean isDebug() {
        return debug;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    /**
     * Has a command line of which this is the root print its help there, and tell what went wrong.
     *
     * @param line with all of its commands
     * @param out standard output
     * @param say says a line
     * @param trace shows several
     */
    public void complete(CommandLine line, OutputStream out, Consumer<String> say, Consumer<String> trace) {
        ErrorReports reports = new ErrorReports(this, say, trace);
        line.setUsageHelpWidth(HELP_COLUMNS);
        line.setOut(new PrintWriter(out, true));
        line.setParameterExceptionHandler(reports::misused);
        line.setExecutionExceptionHandler(reports::failed);
    }
}
