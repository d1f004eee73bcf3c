package dev.backplane.shell.internal.gogo;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmManager;
import java.util.List;
import java.util.stream.Collectors;

/** Finds machines by what was typed. */
record Machines(VmManager manager) {
    List<Vm> all() {
        return manager.list();
    }

    /** The machine of that name, or a message that lists the names there are. */
    Vm named(String name) {
        return manager.find(name).orElseThrow(() -> {
            String known = all().stream().map(Vm::name).collect(Collectors.joining(", "));
            return new IllegalArgumentException(
                    "there is no machine '" + name + "' (" + (known.isEmpty() ? "none at all" : known) + ")");
        });
    }
}
