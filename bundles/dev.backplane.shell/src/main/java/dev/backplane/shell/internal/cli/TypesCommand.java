package dev.backplane.shell.internal.cli;

import dev.backplane.shell.internal.Tables;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code backplane types}. */
@Command(
        name = "types",
        description = "List what the installed plugins offer: the types that a VM file can name, by kind.",
        footerHeading = "%nExample:%n",
        footer = "  backplane types")
final class TypesCommand implements Callable<Integer> {
    private final Environment environment;

    TypesCommand(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws CommandException, IOException {
        environment.print(Tables.types(environment.vms().types()));
        return 0;
    }
}
