package dev.backplane.bench.internal;

import dev.backplane.guest.GuestMaker;
import dev.backplane.shell.command.CommandContext;
import dev.backplane.shell.command.Subcommand;
import org.osgi.annotation.bundle.Capability;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Gives the command line {@code bench}. */
@Component
@Capability(namespace = "backplane.command", attribute = "command=bench")
public final class BenchSubcommand implements Subcommand {
    private final GuestMaker guests;

    /** For Declarative Services. */
    @Activate
    public BenchSubcommand(@Reference GuestMaker guests) {
        this.guests = guests;
    }

    @Override
    public Object make(CommandContext context) {
        return new BenchCommand(
                        new CpuCommand(context, guests), new StartCommand(context), new SchedulersCommand(context))
                .line();
    }
}
