package dev.backplane.shell.internal.gogo;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.internal.Tables;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.felix.service.command.Descriptor;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code vm}. */
@Component(
        service = VmCommand.class,
        property = {"osgi.command.scope=backplane", "osgi.command.function=vm"})
public final class VmCommand {
    private static final Usage USAGE =
            Usage.of("vm", "list", "show NAME", "pause NAME", "resume NAME", "stop NAME", "kill NAME");

    private final Machines machines;

    /** For Declarative Services. */
    @Activate
    public VmCommand(@Reference VmManager manager) {
        this.machines = new Machines(manager);
    }

    /** Takes any words, so that those which fit nothing are answered with what does. */
    @Descriptor("virtual machines: vm list | show NAME | pause NAME | resume NAME | stop NAME | kill NAME")
    public String vm(@Descriptor("list, or show, pause, resume, stop or kill and a machine's name") String... words) {
        if (words.length == 1 && words[0].equals("list")) {
            return Tables.machines(machines.all());
        }
        if (words.length != 2) {
            throw USAGE.refuse(words);
        }
        String verb = words[0];
        String name = words[1];
        try {
            return switch (verb) {
                case "show" -> show(machines.named(name));
                case "pause" -> {
                    machines.named(name).pause();
                    yield name + " is paused";
                }
                case "resume" -> {
                    machines.named(name).resume();
                    yield name + " goes on";
                }
                case "kill", "stop" -> {
                    machines.named(name).kill("vm " + verb);
                    yield name + " is off";
                }
                default -> throw USAGE.refuse(words);
            };
        } catch (VmException e) {
            throw new IllegalStateException(e.getMessage());
        }
    }

    private static String show(Vm vm) {
        StringBuilder text = new StringBuilder();
        text.append(vm.name())
                .append(": ")
                .append(vm.state().name().toLowerCase(Locale.ROOT))
                .append("\n\n");
        text.append(Tables.bays(vm.bays()));
        Map<String, Long> statistics = new TreeMap<>(vm.statistics());
        if (!statistics.isEmpty()) {
            text.append('\n');
            int width =
                    statistics.keySet().stream().mapToInt(String::length).max().orElse(1);
            statistics.forEach(
                    (name, value) -> text.append(String.format(Locale.ROOT, "%-" + width + "s  %,d%n", name, value)));
        }
        return text.toString();
    }
}
