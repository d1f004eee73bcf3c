package dev.backplane.shell.internal.verb;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.command.ShellVerb;
import dev.backplane.shell.internal.Seconds;
import dev.backplane.shell.internal.fleet.Fleet;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code vm set}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "vm", verb = "set")
@Command(
        description = {
            "Change options of a machine's parts while it runs: those that the plugin lets change.",
            "",
            "They stay in force when the part is replaced, and for the machine's life. The options of one bay change together or"
                    + " not at all, bay by bay in the order given.",
            "",
            "'cpus' gives the guest more vCPUs, up to maxCpus of the VM file, or asks it to give some back, and waits for that. A new"
                    + " one waits until the guest starts it; Linux does so where udev is told to, or by hand:"
                    + " echo 1 >/sys/devices/system/cpu/cpu2/online",
            "",
            "'scheduler' gives the machine another scheduler: a type, or a map as in a VM file. A type alone has the options that it had"
                    + " last in this machine. Where the other one refuses, for instance since it has promised all that it may, the machine"
                    + " keeps the one that it has."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  vm set web1 disk0.capacity=20GiB",
            "  vm set web1 disk0.disk.write.bytes=10MiB disk0.disk.read.bytes=10MiB",
            "  vm set web1 balloon0.target=64MiB",
            "  vm set web1 cpus=4",
            "  vm set web1 scheduler=fair scheduler.weight=300",
            "  vm set web1 'scheduler={type: realtime, period: 10ms, budget: 2ms}'",
            "  vm set web1 autostart=true      start it with 'backplane serve'"
        })
public final class VmSet implements ShellCommand {
    private static final String AUTOSTART = "autostart";
    private static final String CPUS = "cpus";
    private static final String SCHEDULER = "scheduler";

    private final Machines machines;
    private final Fleet fleet;

    @Parameters(index = "0", paramLabel = "NAME", description = "The machine.")
    private String name = "";

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "BAY.OPTION=VALUE",
            description = "What is to hold from now on, each value as in a VM file.")
    private List<String> assignments = List.of();

    @Option(
            names = "--within",
            paramLabel = "SECONDS",
            description = "How long the guest may take to give vCPUs back (default: 30).",
            converter = Seconds.class)
    private Duration patience = Duration.ofSeconds(30);

    /** For Declarative Services. */
    @Activate
    public VmSet(@Reference VmManager manager, @Reference Fleet fleet) {
        machines = new Machines(manager);
        this.fleet = fleet;
    }

    @Override
    public Answer run(ShellCall call) throws CommandException, VmException {
        Vm vm = machines.named(name);
        List<String> bays = vm.bays().stream().map(Vm.BayInfo::id).toList();
        Map<String, Map<String, String>> wanted = new LinkedHashMap<>();
        for (String assignment : assignments) {
            int equals = assignment.indexOf('=');
            if (equals < 1) {
                throw new CommandException(2, assignment + ": BAY.OPTION=VALUE was expected");
            }
            String key = assignment.substring(0, equals);
            if (key.equals(AUTOSTART) || key.equals(CPUS) || key.equals(SCHEDULER)) {
                continue;
            }
            String bay = bay(key, bays);
            wanted.computeIfAbsent(bay, any -> new LinkedHashMap<>())
                    .put(key.substring(bay.length() + 1), assignment.substring(equals + 1));
        }
        autostart(vm);
        scheduler(vm);
        for (Map.Entry<String, Map<String, String>> change : wanted.entrySet()) {
            vm.configure(change.getKey(), change.getValue());
        }
        cpus(vm);
        return Answer.said(name + " has " + String.join(" ", assignments), Map.of("set", wanted));
    }

    /** The one that is no part's, and is kept. */
    private void autostart(Vm vm) throws CommandException {
        for (String assignment : assignments) {
            if (assignment.startsWith(AUTOSTART + "=")) {
                String value = assignment.substring(AUTOSTART.length() + 1);
                if (!value.equals("true") && !value.equals("false")) {
                    throw new CommandException(2, assignment + ": true or false was expected");
                }
                fleet.autostart(vm, value.equals("true"));
            }
        }
    }

    /** Another one may have other options: before those. */
    private void scheduler(Vm vm) throws VmException {
        for (String assignment : assignments) {
            if (assignment.startsWith(SCHEDULER + "=")) {
                vm.setScheduler(assignment.substring(SCHEDULER.length() + 1));
            }
        }
    }

    /** The guest's, who may take its time: last. */
    private void cpus(Vm vm) throws CommandException, VmException {
        for (String assignment : assignments) {
            if (assignment.startsWith(CPUS + "=")) {
                String value = assignment.substring(CPUS.length() + 1);
                if (!value.matches("[1-9][0-9]{0,4}")) {
                    throw new CommandException(2, assignment + ": a number of vCPUs was expected");
                }
                vm.setProcessors(Integer.parseInt(value), patience);
            }
        }
    }

    /** The longest name of a bay that a key begins with: both names of bays and of options have dots. */
    private String bay(String key, List<String> bays) throws CommandException {
        return bays.stream()
                .filter(bay -> key.startsWith(bay + "."))
                .max(Comparator.comparingInt(String::length))
                .orElseThrow(() -> new CommandException("%s: %s has no such bay: it has %s"
                        .formatted(
                                key,
                                name,
                                bays.isEmpty()
                                        ? "none, as it was not started"
                                        : bays.stream().collect(Collectors.joining(", ")))));
    }
}
