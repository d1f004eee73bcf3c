package dev.backplane.shell.internal.terminal;

import dev.backplane.api.console.HostTerminal;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The consoles of machines that nobody's terminal belongs to: viewers come and go, any number at a time. A console is kept, with the end of
 * what was written, from the machine's first start until the machine is forgotten. Callable on any thread.
 */
public final class ConsoleHub {
    private final Map<String, NavigableMap<String, ConsoleLine>> machines = new ConcurrentHashMap<>();

    HostTerminal.Attachment attach(String vm, String console, HostTerminal.Input input) {
        return machines.computeIfAbsent(vm, any -> new ConcurrentSkipListMap<>())
                .computeIfAbsent(console, any -> new ConsoleLine())
                .attach(input);
    }

    /** The consoles of a machine, by their bays. */
    public List<String> consoles(String vm) {
        return List.copyOf(machines.getOrDefault(vm, new TreeMap<>()).navigableKeySet());
    }

    /** A console, by its bay or by that of its device. */
    public Optional<ConsoleLine> find(String vm, String name) {
        Map<String, ConsoleLine> lines = machines.getOrDefault(vm, new TreeMap<>());
        return Optional.ofNullable(lines.getOrDefault(name, lines.get(name + ".console")));
    }

    /** The machine is no more. */
    public void forget(String vm) {
        machines.remove(vm);
    }
}
