package dev.backplane.shell.internal.verb;

import dev.backplane.api.plugin.PluginException;
import dev.backplane.api.plugin.PluginManager;
import dev.backplane.api.plugin.UpdateReport;
import dev.backplane.api.plugin.UpdateRequest;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.command.ShellVerb;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code plugin update}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "plugin", verb = "update")
@Command(
        description = {
            "Replace plugins under the machines that run.",
            "",
            "The new plugins are installed beside the old ones, the impact is told, and the bays of all machines move one by one."
                    + " Whatever fails is taken back."
        })
public final class PluginUpdate implements ShellCommand {
    private static final Pattern URL = Pattern.compile("(file|https?):");

    private final PluginManager plugins;

    @Parameters(
            arity = "1..*",
            paramLabel = "FILE|LOCATION",
            description = "Jars, by path or URL. Several are one set: what they import comes from one another.")
    private List<String> locations = List.of();

    @Option(names = "--dry-run", description = "Tell the impact, and leave nothing behind.")
    private boolean dryRun;

    @Option(
            names = "--canary",
            paramLabel = "VM",
            description =
                    "Move one machine; the others follow with 'plugin commit', or it moves back with 'plugin rollback'.")
    private @Nullable String canary;

    @Option(
            names = "--pin",
            paramLabel = "VM",
            description = "A machine that stays with what it has, also after a restart. May be repeated.")
    private List<String> pins = new ArrayList<>();

    /** For Declarative Services. */
    @Activate
    public PluginUpdate(@Reference PluginManager plugins) {
        this.plugins = plugins;
    }

    @Override
    public Answer run(ShellCall call) throws PluginException {
        List<String> named = locations.stream()
                .map(location -> URL.matcher(location).lookingAt()
                        ? location
                        : call.folder().resolve(location).toString())
                .toList();
        return answer(plugins.update(
                new UpdateRequest(named, dryRun, Optional.ofNullable(canary), Set.copyOf(pins)), call::say));
    }

    /** What has come of an update. */
    static Answer answer(UpdateReport report) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("outcome", report.outcome().name().toLowerCase(Locale.ROOT).replace('_', '-'));
        facts.put("generation", report.generation());
        facts.put("plugins", report.impact().plugins());
        facts.put(
                "pauses",
                report.impact().pauses().stream()
                        .map(pause -> Map.of("vm", pause.vm(), "bays", pause.bays()))
                        .toList());
        facts.put("states", report.impact().states());
        facts.put("refreshed", report.impact().refreshed());
        facts.put("wayBack", report.impact().wayBack());
        return Answer.said(report.text(), facts);
    }
}
