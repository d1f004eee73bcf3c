package dev.backplane.shell.internal.cli;

import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.internal.Answers;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code backplane types}. */
@Command(
        name = "types",
        description = {
            "List what the installed plugins offer: the types that a VM file can name, by kind.",
            "",
            "A jar in the plugin folder that is not in use is told on standard error, with the reason."
        },
        footerHeading = "%nExample:%n",
        footer = "  backplane types")
final class TypesCommand implements Callable<Integer> {
    private final Environment environment;

    TypesCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws CommandException, IOException {
        environment.print(Answers.types(environment.vms().types()).text());
        environment.vms().unused().forEach(environment::say);
        return 0;
    }
}
