package dev.backplane.shell.internal.cli;

import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.internal.Failures;
import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** How a failure is told: what is wrong, in words, and a stack trace only where it was asked for. */
final class ErrorReports {
    private static final int FAILED = 1;

    private final Environment environment;
    private final RootCommand root;

    ErrorReports(Environment environment, RootCommand root) {
        this.environment = environment;
        this.root = root;
    }

    /** A command line that cannot be understood. */
    int misused(ParameterException e, String[] arguments) {
        environment.say(Failures.misused(e));
        environment.say(
                "'" + e.getCommandLine().getCommandSpec().qualifiedName() + " --help' explains what can be typed");
        return e.getCommandLine().getCommandSpec().exitCodeOnInvalidInput();
    }

    /** A command that ran and failed. */
    int failed(Exception e, CommandLine line, CommandLine.ParseResult parsed) {
        environment.say(Failures.text(e));
        if (root.debug) {
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace, true));
            environment.terminal().message(trace.toString());
        }
        return e instanceof CommandException command ? command.status() : FAILED;
    }
}
