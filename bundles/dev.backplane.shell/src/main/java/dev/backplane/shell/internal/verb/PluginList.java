package dev.backplane.shell.internal.verb;

import dev.backplane.api.vm.OfferedType;
import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.command.ShellVerb;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import picocli.CommandLine.Command;

/** {@code plugin list}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "plugin", verb = "list")
@Command(description = "The installed plugins and what each offers.")
public final class PluginList implements ShellCommand {
    private final VmManager manager;

    /** For Declarative Services. */
    @Activate
    public PluginList(@Reference VmManager manager) {
        this.manager = manager;
    }

    @Override
    public Answer run(ShellCall call) {
        Map<String, List<OfferedType>> plugins = manager.types().stream()
                .collect(Collectors.groupingBy(
                        type -> type.bundle() + " " + type.version(), TreeMap::new, Collectors.toList()));
        Answer.Table table = Answer.table("bundle", "version", "offers");
        for (List<OfferedType> types : plugins.values()) {
            String offers =
                    types.stream().map(type -> type.kind() + " " + type.type()).collect(Collectors.joining(", "));
            table.row(types.getFirst().bundle(), types.getFirst().version(), offers);
        }
        return table.answer();
    }
}
