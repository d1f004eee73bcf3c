package dev.backplane.shell.internal.cli;

import dev.backplane.api.vm.VmException;
import dev.backplane.shell.command.CommandException;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;

/** A machine that runs one command: its output here as it comes, its status in the end. The command's thread only. */
final class CommandRun {
    /** How long a guest may take to go off when its command has ended. */
    static final Duration POWER_OFF = Duration.ofSeconds(15);

    /** The port's last bytes may still be on their way when the machine is already off. */
    private static final Duration LAST_BYTES = Duration.ofSeconds(3);

    private static final int MESSAGES_SHOWN = 15;

    private final Environment environment;
    private final MachineRun run;
    private final RunFolder folder;
    private final Duration powerOff;
    private final byte[] first;

    /** @param first what the guest is told before it runs the command */
    CommandRun(Environment environment, MachineRun run, RunFolder folder, Duration powerOff, byte[] first) {
        this.first = first.clone();
        this.environment = environment;
        this.run = run;
        this.folder = folder;
        this.powerOff = powerOff;
    }

    /** Starts the machine and sees it through. */
    int status() throws VmException, CommandException, IOException {
        run.start();
        CommandPort port = new CommandPort(folder.socket(), environment.out(), environment.err(), run::end, first);
        try (port) {
            port.start(() -> environment.say("Guest is up after " + seconds(run.elapsed()) + ", running the command"));
            return status(port);
        }
    }

    private int status(CommandPort port) throws CommandException {
        Ending ending = run.await();
        if (ending instanceof Ending.Ended) {
            ending = port.awaitStatus(LAST_BYTES).orElse(ending);
        }
        switch (ending) {
            case Ending.CommandEnded ended -> run.awaitPowerOff(powerOff);
            case Ending.Ended ended -> showMessages();
            case Ending.TimedOut timedOut -> showMessages();
            default -> {}
        }
        int status = run.status(ending);
        run.sayStatistics();
        if (ending instanceof Ending.Ended(var outcome)) {
            throw new CommandException("the guest ended before its command did: " + outcome.reason());
        }
        return status;
    }

    private void showMessages() {
        String messages = folder.lastMessages(MESSAGES_SHOWN);
        if (!messages.isEmpty()) {
            environment.say("the guest's last messages:\n" + messages.indent(4).stripTrailing());
        }
    }

    private static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1e3);
    }
}
