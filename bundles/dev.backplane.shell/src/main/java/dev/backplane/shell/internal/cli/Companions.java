package dev.backplane.shell.internal.cli;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmState;
import dev.backplane.shell.command.CommandException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Machines that run beside the one of a command; gone when this is closed. The command's thread only. */
final class Companions implements AutoCloseable {
    private final Environment environment;
    private final List<Vm> machines = new ArrayList<>();
    private final List<AutoCloseable> observers = new ArrayList<>();
    private final CompletableFuture<Void> outcome = new CompletableFuture<>();

    Companions(Environment environment) {
        this.environment = environment;
    }

    void add(Vm vm) {
        machines.add(vm);
    }

    /** Starts all of them. One that fails is told at once: the others may wait for it for ever. */
    void start() throws VmException {
        for (Vm vm : machines) {
            observers.add(vm.notices(new Notices(environment)));
            vm.start(Duration.ZERO);
            vm.outcome().thenAccept(end -> {
                if (end.state() == VmState.FAILED) {
                    environment.say(vm.name() + ": the machine failed: " + end.reason());
                }
            });
        }
        CompletableFuture<?>[] ends =
                machines.stream().map(vm -> vm.outcome().toCompletableFuture()).toArray(CompletableFuture<?>[]::new);
        CompletableFuture.allOf(ends).thenRun(() -> outcome.complete(null));
    }

    /** Complete when all of them have ended. */
    CompletionStage<Void> outcome() {
        return outcome;
    }

    /** The first exit status that is not 0, after all have ended. */
    int status() throws CommandException {
        for (Vm vm : machines) {
            Vm.Outcome end = vm.outcome().toCompletableFuture().join();
            if (end.state() == VmState.FAILED) {
                throw new CommandException(vm.name() + ": the machine failed");
            }
            if (end.status() != 0) {
                return end.status();
            }
        }
        return 0;
    }

    @Override
    public void close() {
        for (Vm vm : machines) {
            vm.kill("the command that ran it has ended");
            vm.remove();
        }
        for (AutoCloseable each : observers) {
            try {
                each.close();
            } catch (Exception e) {
                environment.say(String.valueOf(e.getMessage()));
            }
        }
    }
}
