package dev.backplane.shell.internal.fleet;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.api.vm.VmSource;
import dev.backplane.api.vm.VmState;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.internal.Failures;
import dev.backplane.shell.internal.terminal.TerminalSwitch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/**
 * Defines machines, and knows how each was defined, so that one that has ended can be started again. Where the process serves machines it
 * also keeps that on disk. Callable on any thread; a lock of its own orders definitions, not what machines do.
 */
@Component(service = Fleet.class)
public final class Fleet {
    private final VmManager manager;
    private final TerminalSwitch terminal;
    private final Map<String, Definition> definitions = new ConcurrentHashMap<>();
    private @Nullable DefinitionStore store;

    /** For Declarative Services. */
    @Activate
    public Fleet(@Reference VmManager manager, @Reference TerminalSwitch terminal) {
        this.manager = manager;
        this.terminal = terminal;
    }

    /**
     * Defines what a store holds, and keeps there what is defined from now on.
     *
     * @param problems told of each definition that cannot be used, in one line; it stays in the store
     */
    public synchronized void open(DefinitionStore opened, Consumer<String> problems) throws IOException {
        store = opened;
        Map<String, Definition> kept =
                opened.load((file, e) -> problems.accept(file + ": " + Failures.reason(e) + "; it is left as it is"));
        kept.forEach((name, definition) -> {
            try {
                Vm vm = manager.define(definition.source());
                definitions.put(vm.name(), definition);
            } catch (ConfigurationException e) {
                problems.accept("the definition of " + name + " cannot be used: " + e.getMessage());
            }
        });
    }

    /** Defines a machine. */
    public synchronized Vm define(VmSource source, boolean autostart) throws ConfigurationException, CommandException {
        Vm vm = manager.define(source);
        Definition definition = new Definition(source, autostart, List.of());
        try {
            keep(vm.name(), definition);
        } catch (CommandException e) {
            vm.remove();
            throw e;
        }
        definitions.put(vm.name(), definition);
        return vm;
    }

    /**
     * Keeps a machine that goes on from a snapshot or from another one, as one that boots when it is started again. It is removed where that
     * cannot be.
     *
     * @param files what was made for it: removed with it, where nobody else needs it
     */
    public synchronized void adopt(Vm vm, List<Path> files) throws CommandException {
        adopt(vm, new Definition(vm.definition(), false, files));
    }

    /**
     * Starts a machine that goes on from a snapshot, and keeps it. Where it took the place of another one, that one's comes back if it cannot
     * start.
     */
    public void goOn(Vm vm) throws CommandException, VmException {
        Definition before = definitions.get(vm.name());
        Definition definition = new Definition(
                vm.definition(), before != null && before.autostart(), before == null ? List.of() : before.files());
        boolean goesOn = false;
        try {
            adopt(vm, definition);
            vm.start(Duration.ZERO);
            goesOn = true;
        } finally {
            if (!goesOn) {
                comeBack(vm, before);
            }
        }
    }

    private synchronized void comeBack(Vm vm, @Nullable Definition before) throws CommandException {
        if (before == null) {
            remove(vm);
            return;
        }
        vm.remove();
        definitions.put(vm.name(), before);
        try {
            manager.define(before.source());
        } catch (ConfigurationException e) {
            throw new CommandException(vm.name() + ": its definition cannot be used any more: " + e.getMessage(), e);
        }
        keep(vm.name(), before);
    }

    private synchronized void adopt(Vm vm, Definition definition) throws CommandException {
        try {
            keep(vm.name(), definition);
        } catch (CommandException e) {
            vm.remove();
            throw e;
        }
        definitions.put(vm.name(), definition);
    }

    private void keep(String name, Definition definition) throws CommandException {
        DefinitionStore kept = store;
        try {
            if (kept != null) {
                kept.save(name, definition);
            }
        } catch (IOException e) {
            throw new CommandException(name + ": its definition cannot be kept: " + Failures.reason(e), e);
        }
    }

    /** Starts a machine; one that has ended is defined again first, as it was. */
    public void start(Vm vm, Duration patience) throws VmException, ConfigurationException {
        again(vm).start(patience);
    }

    private synchronized Vm again(Vm vm) throws ConfigurationException {
        Definition definition = definitions.get(vm.name());
        boolean ended = vm.outcome().toCompletableFuture().isDone();
        if (!ended
                || definition == null
                || manager.find(vm.name()).filter(vm::equals).isEmpty()) {
            return vm;
        }
        vm.remove();
        return manager.define(definition.source());
    }

    /** Ends a machine that runs, and forgets it. */
    public synchronized void remove(Vm vm) throws CommandException {
        DefinitionStore kept = store;
        try {
            if (kept != null) {
                kept.delete(vm.name());
            }
        } catch (IOException e) {
            throw new CommandException(vm.name() + ": its definition cannot be removed: " + Failures.reason(e), e);
        }
        vm.remove();
        Definition forgotten = definitions.remove(vm.name());
        if (forgotten != null) {
            for (Path file : forgotten.files()) {
                drop(file);
            }
        }
        terminal.served().ifPresent(hub -> hub.forget(vm.name()));
    }

    /** Removes a file, or leaves it to a machine that stands on it. */
    private void drop(Path file) throws CommandException {
        for (Map.Entry<String, Definition> other : definitions.entrySet()) {
            if (other.getValue().names(file)) {
                if (!other.getValue().files().contains(file)) {
                    Definition heir = other.getValue().with(file);
                    keep(other.getKey(), heir);
                    definitions.put(other.getKey(), heir);
                }
                return;
            }
        }
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new CommandException(file + " cannot be removed: " + Failures.reason(e), e);
        }
    }

    /** Whether a machine is started with the process; empty where it was not defined here. */
    public Optional<Boolean> autostart(String name) {
        return Optional.ofNullable(definitions.get(name)).map(Definition::autostart);
    }

    /** Has a machine started with the process from now on, or not. */
    public synchronized void autostart(Vm vm, boolean on) throws CommandException {
        Definition definition = definitions.get(vm.name());
        if (definition == null || store == null) {
            throw new CommandException(vm.name() + ": only a machine of 'backplane serve' is started by itself");
        }
        keep(vm.name(), definition.withAutostart(on));
        definitions.put(vm.name(), definition.withAutostart(on));
    }

    /** Starts the machines that are started with the process, one after the other. */
    public void autostart(Consumer<String> problems) {
        for (Vm vm : manager.list()) {
            if (autostart(vm.name()).orElse(false)) {
                try {
                    vm.start(Duration.ZERO);
                } catch (VmException e) {
                    problems.accept(vm.name() + " does not start: " + e.getMessage());
                }
            }
        }
    }

    /**
     * Asks a machine's guest to shut down, and ends it where that takes too long.
     *
     * @return true if the guest did it
     */
    public static boolean stop(Vm vm, Duration atMost) throws VmException, CommandException {
        vm.pressPowerButton();
        return awaitEnd(vm, atMost);
    }

    private static boolean awaitEnd(Vm vm, Duration atMost) throws CommandException {
        try {
            vm.outcome().toCompletableFuture().get(atMost.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            vm.kill("its guest did not shut down within " + atMost.toSeconds() + " s");
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandException(vm.name() + ": interrupted while its guest was shutting down");
        }
    }

    /** Has all machines shut down at the same time, and ends those that take too long. */
    public void stopAll(Duration atMost, Consumer<String> progress) {
        List<Vm> asked = new ArrayList<>();
        for (Vm vm : manager.list()) {
            if (vm.state() == VmState.RUNNING) {
                try {
                    vm.pressPowerButton();
                    asked.add(vm);
                } catch (VmException e) {
                    progress.accept(e.getMessage());
                }
            }
        }
        try {
            CompletableFuture.allOf(asked.stream()
                            .map(vm -> vm.outcome().toCompletableFuture())
                            .toArray(CompletableFuture<?>[]::new))
                    .get(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            progress.accept("not all guests have shut down within " + atMost.toSeconds() + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (Vm vm : manager.list()) {
            if (!vm.outcome().toCompletableFuture().isDone()) {
                vm.kill("the process ends");
            }
        }
    }
}
