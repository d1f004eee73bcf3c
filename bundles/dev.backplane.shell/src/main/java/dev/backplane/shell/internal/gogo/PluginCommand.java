package dev.backplane.shell.internal.gogo;

import dev.backplane.api.vm.OfferedType;
import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.internal.Tables;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.felix.service.command.Descriptor;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code plugin}. */
@Component(
        service = PluginCommand.class,
        property = {"osgi.command.scope=backplane", "osgi.command.function=plugin"})
public final class PluginCommand {
    private static final Usage USAGE = Usage.of("plugin", "list");

    private final VmManager manager;

    /** For Declarative Services. */
    @Activate
    public PluginCommand(@Reference VmManager manager) {
        this.manager = manager;
    }

    /** The bundles that offer something. */
    @Descriptor("the installed plugins and what each offers: plugin list")
    public String plugin(@Descriptor("list") String... words) {
        if (words.length != 1 || !words[0].equals("list")) {
            throw USAGE.refuse(words);
        }
        Map<String, List<OfferedType>> plugins = manager.types().stream()
                .collect(Collectors.groupingBy(
                        type -> type.bundle() + " " + type.version(), TreeMap::new, Collectors.toList()));
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("BUNDLE", "VERSION", "OFFERS"));
        for (List<OfferedType> types : plugins.values()) {
            String offers =
                    types.stream().map(type -> type.kind() + " " + type.type()).collect(Collectors.joining(", "));
            rows.add(List.of(types.getFirst().bundle(), types.getFirst().version(), offers));
        }
        return Tables.table(rows);
    }
}
