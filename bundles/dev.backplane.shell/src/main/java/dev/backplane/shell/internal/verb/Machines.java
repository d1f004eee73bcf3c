package dev.backplane.shell.internal.verb;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.command.CommandException;
import java.util.List;
import java.util.stream.Collectors;

/** Finds machines by what was typed. */
public record Machines(VmManager manager) {
    /** All of them, by name. */
    public List<Vm> all() {
        return manager.list();
    }

    /** The machine of that name, or a message that lists the names there are. */
    public Vm named(String name) throws CommandException {
        return manager.find(name).orElseThrow(() -> {
            String known = all().stream().map(Vm::name).collect(Collectors.joining(", "));
            return new CommandException(
                    "there is no machine '" + name + "' (" + (known.isEmpty() ? "none at all" : known) + ")");
        });
    }
}
