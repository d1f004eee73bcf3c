package dev.backplane.shell.internal.gogo;

import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.internal.Tables;
import java.util.stream.Collectors;
import org.apache.felix.service.command.Descriptor;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code bay}. */
@Component(
        service = BayCommand.class,
        property = {"osgi.command.scope=backplane", "osgi.command.function=bay"})
public final class BayCommand {
    private static final Usage USAGE = Usage.of("bay", "list", "list NAME");

    private final Machines machines;

    /** For Declarative Services. */
    @Activate
    public BayCommand(@Reference VmManager manager) {
        this.machines = new Machines(manager);
    }

    /** Takes any words, so that those which fit nothing are answered with what does. */
    @Descriptor("the bays of all machines, or of one: bay list [NAME]")
    public String bay(@Descriptor("list, and a machine's name or none") String... words) {
        if (words.length < 1 || words.length > 2 || !words[0].equals("list")) {
            throw USAGE.refuse(words);
        }
        return words.length == 2 ? Tables.bays(machines.named(words[1]).bays()) : all();
    }

    private String all() {
        return machines.all().stream()
                .map(vm -> vm.name() + ":\n" + Tables.bays(vm.bays()))
                .collect(Collectors.joining("\n"));
    }
}
