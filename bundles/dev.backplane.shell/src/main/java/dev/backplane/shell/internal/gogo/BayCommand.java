package dev.backplane.shell.internal.gogo;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.internal.Tables;
import org.apache.felix.service.command.Descriptor;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code bay}. */
@Component(
        service = BayCommand.class,
        property = {"osgi.command.scope=backplane", "osgi.command.function=bay"})
public final class BayCommand {
    private final Machines machines;

    /** For Declarative Services. */
    @Activate
    public BayCommand(@Reference VmManager manager) {
        this.machines = new Machines(manager);
    }

    /** Of all machines. */
    @Descriptor("the bays of all machines, or of one: bay list [NAME]")
    public String bay(@Descriptor("list") String verb) {
        StringBuilder text = new StringBuilder();
        for (Vm vm : machines.all()) {
            text.append(vm.name()).append(":\n").append(bay(verb, vm.name())).append('\n');
        }
        return text.toString();
    }

    /** Of one machine. */
    @Descriptor("the bays of all machines, or of one: bay list [NAME]")
    public String bay(@Descriptor("list") String verb, @Descriptor("the machine's name") String name) {
        if (!verb.equals("list")) {
            throw new IllegalArgumentException("bay " + verb + ": expected bay list [NAME]");
        }
        return Tables.bays(machines.named(name).bays());
    }
}
