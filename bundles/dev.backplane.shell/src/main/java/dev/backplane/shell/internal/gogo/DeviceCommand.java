package dev.backplane.shell.internal.gogo;

import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.api.vm.VmSource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.felix.service.command.Descriptor;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code device}. */
@Component(
        service = DeviceCommand.class,
        property = {"osgi.command.scope=backplane", "osgi.command.function=device"})
public final class DeviceCommand {
    private static final Usage USAGE =
            Usage.of("device", "add VM {type: TYPE, id: ID, OPTION: VALUE, ...}", "remove VM ID [SECONDS]");

    /** Linux lets five seconds pass first. */
    private static final int PATIENCE_SECONDS = 30;

    private final Machines machines;

    /** For Declarative Services. */
    @Activate
    public DeviceCommand(@Reference VmManager manager) {
        this.machines = new Machines(manager);
    }

    /** Takes any words, so that those which fit nothing are answered with what does. */
    @Descriptor("devices that come and go: device add VM {type: TYPE, id: ID, ...} | remove VM ID [SECONDS]")
    public String device(@Descriptor("add or remove, a machine's name, and which device") String... words) {
        try {
            if (words.length >= 3 && words[0].equals("add")) {
                String map = Arrays.stream(words, 2, words.length).collect(Collectors.joining(" "));
                machines.named(words[1]).addDevice(new VmSource("", map, Path.of(""), Map.of()));
                return words[1] + " has one more device";
            }
            if ((words.length == 3 || words.length == 4 && isSeconds(words[3])) && words[0].equals("remove")) {
                int seconds = words.length == 4 ? Integer.parseInt(words[3]) : PATIENCE_SECONDS;
                machines.named(words[1]).removeDevice(words[2], Duration.ofSeconds(seconds));
                return words[1] + " is without " + words[2];
            }
        } catch (VmException e) {
            throw new IllegalStateException(e.getMessage());
        }
        throw USAGE.refuse(words);
    }

    private static boolean isSeconds(String text) {
        return text.matches("[0-9]{1,5}");
    }
}
