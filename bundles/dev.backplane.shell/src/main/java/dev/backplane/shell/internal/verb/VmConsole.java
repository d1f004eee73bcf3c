package dev.backplane.shell.internal.verb;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmManager;
import dev.backplane.shell.command.Answer;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.command.ShellCall;
import dev.backplane.shell.command.ShellCommand;
import dev.backplane.shell.command.ShellTerminal;
import dev.backplane.shell.command.ShellVerb;
import dev.backplane.shell.internal.terminal.ConsoleHub;
import dev.backplane.shell.internal.terminal.ConsoleLine;
import dev.backplane.shell.internal.terminal.ConsoleView;
import dev.backplane.shell.internal.terminal.TerminalSwitch;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code vm console}. */
@Component(scope = ServiceScope.PROTOTYPE)
@ShellVerb(noun = "vm", verb = "console")
@Command(
        description = {
            "Attach this terminal to a machine's console; others may be attached to it, too.",
            "",
            "First comes the end of what the guest has written. Ctrl-A x or Ctrl-A c detaches, Ctrl-A h lists the keys."
                    + " Consoles of type stdio can be attached to.",
            "",
            "Where standard input is no terminal, all of it is typed, and what the guest writes is shown until the machine ends"
                    + " or this is interrupted."
        })
public final class VmConsole implements ShellCommand {
    private final Machines machines;
    private final TerminalSwitch host;

    @Parameters(index = "0", paramLabel = "NAME", description = "The machine.")
    private String name = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "ID",
            description = "The device whose console is meant, where the machine has several.")
    private @Nullable String id;

    /** For Declarative Services. */
    @Activate
    public VmConsole(@Reference VmManager manager, @Reference TerminalSwitch host) {
        machines = new Machines(manager);
        this.host = host;
    }

    @Override
    public Answer run(ShellCall call) throws Exception {
        Vm vm = machines.named(name);
        ConsoleHub hub = host.served()
                .orElseThrow(() -> new CommandException(
                        name + ": its console is on the terminal of this process: Ctrl-A c goes there"));
        ShellTerminal terminal = call.terminal()
                .orElseThrow(() -> new CommandException(name + ": no terminal to attach: use 'backplane ctl'"));
        ConsoleLine line = line(hub);
        try (ConsoleView view = new ConsoleView(name, line, terminal)) {
            vm.outcome().thenRun(view::off);
            view.run();
        }
        return new Answer("", null);
    }

    private ConsoleLine line(ConsoleHub hub) throws CommandException {
        List<String> all = hub.consoles(name);
        if (all.isEmpty()) {
            throw new CommandException(
                    name + ": there is no console to attach to: it has none of type stdio, or was not started yet");
        }
        if (id == null && all.size() > 1) {
            throw new CommandException(2, name + ": which console? " + String.join(", ", all));
        }
        return hub.find(name, id == null ? all.getFirst() : id)
                .orElseThrow(() -> new CommandException(
                        name + ": there is no console '" + id + "': it has " + String.join(", ", all)));
    }
}
