package dev.backplane.shell.internal.verb;

import dev.backplane.api.vm.CloneOptions;
import dev.backplane.api.vm.CloneOptions.Overlays;
import dev.backplane.api.vm.Cloned;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.command.ShellVerb;
import dev.backplane.shell.internal.fleet.Fleet;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vm clone}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "vm", verb = "clone")
@Command(
        description = {
            "Let other machines go on from where a machine is now.",
            "",
            "The machine stands for a moment, and goes on. Memory is shared until somebody writes it. A disk that is written is"
                    + " copied into a folder (--disks), where each clone has an overlay over the copy; 'vm remove' removes them. A clone has"
                    + " the machine's addresses on its networks: keep them apart, or let their switch tell them apart.",
            "",
            "'backplane serve' keeps their definitions: one that is started again boots."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  vm clone web1 50",
            "  vm clone web1 3 --name test-%%d --set devices.com1.console.path=/tmp/test-%%d.log"
        })
public final class VmClone implements ShellCommand {
    /** The format of overlays. */
    private static final String OVERLAYS = "qcow2";

    private final VmManager manager;
    private final Fleet fleet;

    @Parameters(index = "0", paramLabel = "NAME", description = "The machine.")
    private String name = "";

    @Parameters(index = "1", paramLabel = "COUNT", description = "How many clones.")
    private int count;

    @Option(
            names = "--name",
            paramLabel = "PATTERN",
            description = "The clones' names, with %%d for the clone's number; else NAME-%%d.")
    private @Nullable String pattern;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description =
                    "A value in place of the VM file's, with %%d for the clone's number. What the guest sees has to stay.")
    private Map<String, String> values = new LinkedHashMap<>();

    @Option(
            names = "--disks",
            paramLabel = "DIR",
            description = "Where copies and overlays of disks go that the machine writes to.")
    private @Nullable Path disks;

    @Option(names = "--no-start", description = "Do not start them: each goes on when 'vm start' says so.")
    private boolean keep;

    /** For Declarative Services. */
    @Activate
    public VmClone(@Reference VmManager manager, @Reference Fleet fleet) {
        this.manager = manager;
        this.fleet = fleet;
    }

    @Override
    public Answer run(ShellCall call) throws CommandException, VmException {
        CloneOptions options;
        try {
            options = new CloneOptions(
                    count,
                    pattern == null ? CloneOptions.of(name, count).names() : pattern,
                    values,
                    Optional.ofNullable(disks)
                            .map(folder -> new Overlays(call.folder().resolve(folder), OVERLAYS)));
        } catch (IllegalArgumentException e) {
            throw new CommandException(e.getMessage());
        }
        long began = System.nanoTime();
        Cloned cloned = manager.clone(name, options);
        settle(cloned);
        long micros = (System.nanoTime() - began) / 1000;
        return Answer.said(
                String.format(
                        Locale.ROOT,
                        "%d clones of %s after %.1f ms; it stood for %.1f",
                        count,
                        name,
                        micros / 1e3,
                        cloned.pause().toNanos() / 1e6),
                Map.of(
                        "clones",
                        cloned.clones().stream().map(Vm::name).toList(),
                        "takenMicros",
                        micros,
                        "pauseMicros",
                        cloned.pause().toNanos() / 1000));
    }

    /** All or none. */
    private void settle(Cloned cloned) throws VmException, CommandException {
        List<Vm> clones = cloned.clones();
        try {
            for (Vm clone : clones) {
                fleet.adopt(clone, cloned.files().getOrDefault(clone.name(), List.of()));
            }
            for (Vm clone : clones) {
                if (!keep) {
                    clone.start(Duration.ZERO);
                }
            }
        } catch (VmException | CommandException e) {
            for (Vm clone : clones) {
                fleet.remove(clone);
            }
            throw e;
        }
    }
}
