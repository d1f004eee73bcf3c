package dev.backplane.shell.internal;

import dev.backplane.shell.command.CommandException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** How a failure is told: what is wrong, in words, and a stack trace only where it was asked for. */
final class ErrorReports {
    private static final int FAILED = 1;

    private final RootOptions root;
    private final Consumer<String> say;
    private final Consumer<String> trace;

    ErrorReports(RootOptions root, Consumer<String> say, Consumer<String> trace) {
        this.root = root;
        this.say = say;
        this.trace = trace;
    }

    /** A command line that cannot be understood. */
    int misused(ParameterException e, String[] arguments) {
        say.accept(Failures.misused(e));
        say.accept("'" + e.getCommandLine().getCommandSpec().qualifiedName() + " --help' explains what can be typed");
        return e.getCommandLine().getCommandSpec().exitCodeOnInvalidInput();
    }

    /** A command that ran and failed. */
    int failed(Exception e, CommandLine line, CommandLine.ParseResult parsed) {
        say.accept(Failures.text(e));
        if (root.isDebug()) {
            StringWriter text = new StringWriter();
            e.printStackTrace(new PrintWriter(text, true));
            trace.accept(text.toString());
        }
        return e instanceof CommandException command ? command.status() : FAILED;
    }
}
