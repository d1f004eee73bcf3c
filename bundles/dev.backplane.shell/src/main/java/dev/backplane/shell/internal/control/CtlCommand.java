package dev.backplane.shell.internal.control;

import dev.backplane.shell.command.CommandContext;
import dev.backplane.shell.command.Subcommand;
import java.util.List;
import java.util.concurrent.Callable;
import org.osgi.service.component.annotations.Component;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code backplane ctl} where the start script has not called {@link Ctl} at once: for the list of commands, and behind {@code --debug}. */
@Component
public final class CtlCommand implements Subcommand {
    @Override
    public Object make(CommandContext context) {
        return new Call();
    }

    /** Hands everything on. */
    @Command(
            name = "ctl",
            description =
                    "Have the process of 'backplane serve' carry out a command of Backplane's shell ('ctl --help').")
    private static final class Call implements Callable<Integer> {
        @Parameters(arity = "0..*", paramLabel = "COMMAND", description = "The command's words; none: a session.")
        private List<String> words = List.of();

        @Override
        public Integer call() {
            return Ctl.run(words.toArray(String[]::new), System.out, System.err);
        }
    }
}
