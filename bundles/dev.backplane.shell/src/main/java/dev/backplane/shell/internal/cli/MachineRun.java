package dev.backplane.shell.internal.cli;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmState;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.internal.terminal.KeyListener;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One machine for as long as a command runs it: started here, gone when this is closed. The command's thread only. */
final class MachineRun implements AutoCloseable {
    private final Environment environment;
    private final Vm vm;
    private final @Nullable Duration timeout;
    private final DebugOptions debug;
    private final CompletionStage<?> others;
    private final CompletableFuture<Ending> ending = new CompletableFuture<>();
    private AutoCloseable observers = () -> {};
    private long startNanos;

    MachineRun(Environment environment, Vm vm, @Nullable Duration timeout, DebugOptions debug) {
        this(environment, vm, timeout, debug, CompletableFuture.completedStage(null));
    }

    /** @param others complete when the machines beside it have ended, until which the run goes on */
    MachineRun(
            Environment environment, Vm vm, @Nullable Duration timeout, DebugOptions debug, CompletionStage<?> others) {
        this.debug = debug;
        this.others = others;
        this.environment = environment;
        this.vm = vm;
        this.timeout = timeout;
    }

    /** Starts the machine; from here on the escape keys end it. */
    void start() throws VmException, IOException, CommandException {
        observers = debug.attach(environment, vm);
        startNanos = System.nanoTime();
        environment.terminal().listen(new Keys());
        vm.start(Duration.ZERO);
        vm.outcome().thenCombine(others, (outcome, rest) -> ending.complete(new Ending.Ended(outcome)));
        if (timeout != null) {
            ending.completeOnTimeout(new Ending.TimedOut(), timeout.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /** Says that the run is over. Any thread; the first one counts. */
    void end(Ending why) {
        ending.complete(why);
    }

    /** Waits for the end. */
    Ending await() throws CommandException {
        try {
            return ending.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandException("interrupted: the machine was ended");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Waits for the machine to go off by itself, for a limited time. */
    void awaitPowerOff(Duration atMost) throws CommandException {
        try {
            vm.outcome()
                    .toCompletableFuture()
                    .copy()
                    .orTimeout(atMost.toMillis(), TimeUnit.MILLISECONDS)
                    .get();
        } catch (ExecutionException e) {
            vm.kill("its command has ended, but the guest did not go off within " + atMost.toSeconds() + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandException("interrupted: the machine was ended");
        }
    }

    /** The exit status for an ending, which is also told where it is no success. */
    int status(Ending why) throws CommandException {
        return switch (why) {
            case Ending.Ended(Vm.Outcome outcome)
            when outcome.state() == VmState.FAILED ->
                throw new CommandException(vm.name() + ": the machine failed: " + outcome.reason());
            case Ending.Ended(Vm.Outcome outcome) -> {
                // One line is nothing to tell of a machine that went off; more is the report of a fault.
                if (outcome.reason().indexOf('\n') >= 0) {
                    environment.say(vm.name() + ": " + outcome.reason());
                }
                yield outcome.status();
            }
            case Ending.Quit quit -> {
                vm.kill("Ctrl-A x");
                yield 0;
            }
            case Ending.TimedOut timedOut -> {
                vm.kill("--timeout");
                long seconds = timeout == null ? 0 : timeout.toSeconds();
                throw new CommandException(
                        Timeouts.STATUS,
                        vm.name() + ": ended by --timeout after " + seconds + " s, as it was still running");
            }
            case Ending.CommandEnded(int status) -> status;
            case Ending.OutputLost(Exception cause) ->
                throw new CommandException("the command's output is lost: " + cause.getMessage());
        };
    }

    /** Says what the machine has done. */
    void sayStatistics() {
        Statistics.lines(vm.statistics(), elapsed(), debug.allStatistics()).forEach(environment::say);
    }

    Vm vm() {
        return vm;
    }

    /** Time since the start. */
    Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - startNanos);
    }

    @Override
    public void close() {
        environment.terminal().listen(null);
        vm.kill("the command that ran it has ended");
        vm.remove();
        try {
            observers.close();
        } catch (Exception e) {
            environment.say(String.valueOf(e.getMessage()));
        }
    }

    private final class Keys implements KeyListener {
        @Override
        public void quit() {
            end(new Ending.Quit());
        }

        @Override
        public void shell() {
            environment.shell().run();
        }
    }
}
