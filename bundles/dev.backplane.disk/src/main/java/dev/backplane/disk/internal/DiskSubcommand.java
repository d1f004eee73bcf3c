package dev.backplane.disk.internal;

import dev.backplane.api.storage.image.DiskManager;
import dev.backplane.shell.command.CommandContext;
import dev.backplane.shell.command.Subcommand;
import java.util.List;
import java.util.Objects;
import org.osgi.annotation.bundle.Capability;
import org.osgi.service.component.ComponentServiceObjects;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * Gives the command line {@code disk}, which needs nothing that only machines need, no shell and no log service: the launcher does not start them. Other bundles add to it: a {@link Subcommand} with {@code @CommandParent("disk")} stands below it.
 */
@Component
@Capability(
        namespace = "backplane.command",
        attribute = {
            "command=disk",
            "alone=true",
            "without:List<String>=\"backplane.console,backplane.cpu,backplane.device,backplane.filter,backplane.machine,"
                    + "backplane.network,backplane.scheduler,dev.backplane.bench,dev.backplane.gdb,dev.backplane.guest,"
                    + "dev.backplane.shell,dev.backplane.virtio,org.apache.felix.configadmin,org.apache.felix.gogo.command,"
                    + "org.apache.felix.gogo.jline,org.apache.felix.gogo.runtime,org.apache.felix.log,"
                    + "org.apache.felix.logback\""
        })
public final class DiskSubcommand implements Subcommand {
    private final DiskManager disks;

    @Reference(
            cardinality = ReferenceCardinality.MULTIPLE,
            policy = ReferencePolicy.DYNAMIC,
            target = "(command.parent=disk)")
    private volatile List<ComponentServiceObjects<Subcommand>> others = List.of();

    /** For Declarative Services. */
    @Activate
    public DiskSubcommand(@Reference DiskManager disks) {
        this.disks = disks;
    }

    @Override
    public Object make(CommandContext context) {
        return DiskCommand.line(new Tool(disks, context), () -> made(context));
    }

    private List<Object> made(CommandContext context) {
        return others.stream()
                .map(ComponentServiceObjects::getService)
                .filter(Objects::nonNull)
                .map(subcommand -> subcommand.make(context))
                .toList();
    }
}
