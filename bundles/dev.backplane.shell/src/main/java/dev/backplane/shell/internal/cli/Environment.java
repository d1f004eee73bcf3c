package dev.backplane.shell.internal.cli;

import dev.backplane.api.storage.image.DiskManager;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.gdb.GdbPort;
import dev.backplane.guest.GuestMaker;
import dev.backplane.shell.command.CommandContext;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.internal.StandardOutput;
import dev.backplane.shell.internal.fleet.Fleet;
import dev.backplane.shell.internal.terminal.TerminalSwitch;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a command works with.
 *
 * @param manager null where the kernel is not there: help and version work without it
 * @param diskManager null where the kernel is not there
 * @param machines null where the kernel is not there
 * @param shell opens Backplane's shell on the terminal
 * @param gdbs opens a port for gdb; its bundle is loaded then only
 * @param out standard output, for what the command was asked for and nothing else; unbuffered
 * @param err standard error, for bytes that are not ours; unbuffered
 * @param words what was typed
 */
record Environment(
        @Nullable VmManager manager,
        @Nullable DiskManager diskManager,
        @Nullable Fleet machines,
        GuestMaker guests,
        TerminalSwitch terminal,
        Runnable shell,
        GdbOpener gdbs,
        OutputStream out,
        OutputStream err,
        List<String> words)
        implements CommandContext {

    @Override
    public VmManager vms() throws CommandException {
        return kernels(manager);
    }

    /** Machines as they were defined. */
    Fleet fleet() throws CommandException {
        return kernels(machines);
    }

    /** Disks outside of machines. */
    DiskManager disks() throws CommandException {
        return kernels(diskManager);
    }

    private static <T> T kernels(@Nullable T service) throws CommandException {
        if (service == null) {
            throw new CommandException(
                    "the kernel has not started: bundle dev.backplane.kernel is missing or one of its"
                            + " components is not satisfied (--debug shows what it says)");
        }
        return service;
    }

    /** Opens a port for gdb. */
    interface GdbOpener {
        /**
         * Opens it.
         *
         * @throws CommandException when gdb's bundle is not installed
         */
        GdbPort open(Vm vm, String address, boolean wait) throws IOException, VmException, CommandException;
    }

    /** Opens a port for gdb and says where it is. */
    GdbPort gdb(Vm vm, String address, boolean wait) throws IOException, VmException, CommandException {
        try {
            GdbPort port = gdbs.open(vm, address, wait);
            say("gdb: target remote " + port.address() + (wait ? "; the guest waits for it" : ""));
            return port;
        } catch (IllegalArgumentException e) {
            throw new CommandException(2, "--gdb " + e.getMessage());
        }
    }

    @Override
    public void print(String text) throws IOException {
        StandardOutput.print(out, text);
    }

    @Override
    public void say(String line) {
        terminal.message("backplane: " + line);
    }
}
