package dev.backplane.shell.internal.gogo;

import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.internal.Tables;
import org.apache.felix.service.command.Descriptor;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code types}. */
@Component(
        service = TypesCommand.class,
        property = {"osgi.command.scope=backplane", "osgi.command.function=types"})
public final class TypesCommand {
    private static final Usage USAGE = Usage.of("types", "");

    private final VmManager manager;

    /** For Declarative Services. */
    @Activate
    public TypesCommand(@Reference VmManager manager) {
        this.manager = manager;
    }

    /** All of them. */
    @Descriptor("what the installed plugins offer, by kind, and plugins that are not in use")
    public String types(@Descriptor("none") String... words) {
        if (words.length != 0) {
            throw USAGE.refuse(words);
        }
        StringBuilder text = new StringBuilder(Tables.types(manager.types()));
        manager.unused().forEach(plugin -> text.append(plugin).append('\n'));
        return text.toString();
    }
}
