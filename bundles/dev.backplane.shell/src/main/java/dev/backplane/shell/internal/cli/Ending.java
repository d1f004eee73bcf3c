package dev.backplane.shell.internal.cli;

import dev.backplane.api.vm.Vm;

/** Why a command is done with its machine. */
sealed interface Ending {
    /** The machine has ended. */
    record Ended(Vm.Outcome outcome) implements Ending {}

    /** The user pressed Ctrl-A x. */
    record Quit() implements Ending {}

    /** The time given by {@code --timeout} is over. */
    record TimedOut() implements Ending {}

    /** The command in the guest has ended, all its output is out. */
    record CommandEnded(int status) implements Ending {}

    /** The command's output cannot be had from the guest, or cannot be written here. */
    record OutputLost(Exception cause) implements Ending {}
}
