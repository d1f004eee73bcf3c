package dev.backplane.shell.internal.gogo;

import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.internal.Tables;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
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
    private static final Usage USAGE = Usage.of("bay", "list", "list NAME", "set NAME BAY OPTION=VALUE ...");

    private final Machines machines;

    /** For Declarative Services. */
    @Activate
    public BayCommand(@Reference VmManager manager) {
        this.machines = new Machines(manager);
    }

    /** Takes any words, so that those which fit nothing are answered with what does. */
    @Descriptor("bays, and options of what runs in them: bay list [NAME] | set NAME BAY OPTION=VALUE ...")
    public String bay(
            @Descriptor("list and a machine's name or none; set, a machine, a bay, options") String... words) {
        if (words.length >= 4 && words[0].equals("set")) {
            return set(words);
        }
        if (words.length < 1 || words.length > 2 || !words[0].equals("list")) {
            throw USAGE.refuse(words);
        }
        return words.length == 2 ? Tables.bays(machines.named(words[1]).bays()) : all();
    }

    private String set(String... words) {
        Map<String, String> options = new LinkedHashMap<>();
        for (String word : Arrays.copyOfRange(words, 3, words.length)) {
            int equals = word.indexOf('=');
            if (equals < 1) {
                throw USAGE.refuse(words);
            }
            options.put(word.substring(0, equals), word.substring(equals + 1));
        }
        try {
            machines.named(words[1]).configure(words[2], options);
        } catch (VmException e) {
            throw new IllegalStateException(e.getMessage());
        }
        return words[2] + " has " + options;
    }

    private String all() {
        return machines.all().stream()
                .map(vm -> vm.name() + ":\n" + Tables.bays(vm.bays()))
                .collect(Collectors.joining("\n"));
    }
}
