package dev.backplane.disk.internal;

import dev.backplane.shell.command.CommandLineRun;
import dev.backplane.shell.command.Subcommand;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** Takes a command line of {@code disk} from the launcher, which has started no shell for it. */
@Component(
        immediate = true,
        service = {})
public final class DiskRunner {
    private final CommandLineRun run;

    /** For Declarative Services. */
    @Activate
    public DiskRunner(
            @Reference(target = "(launcher.command=disk)")
                    Map.Entry<Map<String, Object>, CompletableFuture<Integer>> launcher,
            @Reference(target = "(component.name=dev.backplane.disk.internal.DiskSubcommand)") Subcommand disk) {
        run = new CommandLineRun(launcher);
        run.start(disk);
    }

    /** For Declarative Services. */
    @Deactivate
    public void close() {
        run.close();
    }
}
