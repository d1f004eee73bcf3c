package dev.backplane.disk.internal;

import dev.backplane.api.storage.image.DiskManager;
import dev.backplane.shell.command.CommandContext;
import dev.backplane.shell.command.CommandParent;
import dev.backplane.shell.command.Subcommand;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** Gives {@code disk} the command {@code serve}, and has it close its disk before the process ends. */
@Component
@CommandParent("disk")
public final class ServeSubcommand implements Subcommand {
    private final DiskManager disks;
    private final Serving serving = new Serving();

    /** For Declarative Services. */
    @Activate
    public ServeSubcommand(@Reference DiskManager disks) {
        this.disks = disks;
    }

    @Override
    public Object make(CommandContext context) {
        return new ServeCommand(new Tool(disks, context), serving);
    }

    /** For Declarative Services: what clients have written goes to the image, as long as there is somebody to write it. */
    @Deactivate
    public void close() {
        serving.end();
    }
}
