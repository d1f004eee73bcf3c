package dev.backplane.shell.internal.cli;

import dev.backplane.api.debug.DebugListener;
import dev.backplane.api.debug.TraceKind;
import dev.backplane.api.debug.TraceSink;
import dev.backplane.api.debug.VmDebugger;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.AccessTap;
import dev.backplane.api.vm.CloneOptions;
import dev.backplane.api.vm.Cloned;
import dev.backplane.api.vm.OfferedType;
import dev.backplane.api.vm.RestoreOptions;
import dev.backplane.api.vm.SnapshotOptions;
import dev.backplane.api.vm.SnapshotReport;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.api.vm.VmSource;
import dev.backplane.api.vm.VmState;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Machines that do what a test says. */
public final class FakeVms implements VmManager {
    public final List<String> events = new ArrayList<>();
    final CompletableFuture<Vm.Outcome> outcome = new CompletableFuture<>();

    @Nullable
    VmSource source;

    @Nullable
    String refusal;

    Starter starter = vm -> {};
    public List<String> unused = List.of();

    /** What the guest does then. */
    public Runnable onPowerButton = () -> {};

    /** What happens when the machine is started. */
    @FunctionalInterface
    interface Starter {
        void start(FakeVms vms) throws VmException;
    }

    public void powerOff(int status) {
        outcome.complete(new Vm.Outcome(VmState.STOPPED, status, "the guest powered off"));
    }

    void fail(String reason) {
        outcome.complete(new Vm.Outcome(VmState.FAILED, 1, reason));
    }

    @Override
    public Vm define(VmSource defined) throws ConfigurationException {
        source = defined;
        if (refusal != null) {
            throw new ConfigurationException(refusal);
        }
        return new FakeVm();
    }

    @Override
    public Vm restore(Path folder, RestoreOptions options) throws VmException {
        events.add(
                "restore " + folder + options.name().map(name -> " as " + name).orElse(""));
        String reason = refusal;
        if (reason != null) {
            throw new VmException(reason);
        }
        return new FakeVm();
    }

    @Override
    public Cloned clone(String machine, CloneOptions options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<Vm> list() {
        return List.of(new FakeVm());
    }

    @Override
    public Optional<Vm> find(String name) {
        return name.equals("demo") ? Optional.of(new FakeVm()) : Optional.empty();
    }

    @Override
    public List<OfferedType> types() {
        return List.of(
                new OfferedType("cpu", "soft", "dev.backplane.cpu.soft", "1.0.0", "interpreter"),
                new OfferedType("device", "serial-16550", "dev.backplane.device.serial", "1.0.0", ""));
    }

    @Override
    public List<String> unused() {
        return unused;
    }

    private final class FakeVm implements Vm {
        @Override
        public VmSource definition() {
            return Objects.requireNonNull(source);
        }

        @Override
        public String name() {
            return "demo";
        }

        @Override
        public VmState state() {
            return VmState.RUNNING;
        }

        @Override
        public void start(Duration patience) throws VmException {
            events.add("start");
            starter.start(FakeVms.this);
        }

        @Override
        public SnapshotReport snapshot(Path folder, SnapshotOptions options) {
            events.add("snapshot " + folder
                    + options.base().map(base -> " on " + base).orElse("") + (options.compress() ? " compressed" : "")
                    + (options.copyDisks() ? " with disks" : ""));
            return new SnapshotReport(
                    Duration.ofMillis(7),
                    Duration.ofMillis(123),
                    3 << 20,
                    2 << 20,
                    List.of("disk0: it must not change"));
        }

        @Override
        public void pause() {
            events.add("pause");
        }

        @Override
        public void resume() {
            events.add("resume");
        }

        @Override
        public void pressPowerButton() {
            events.add("power button");
            onPowerButton.run();
        }

        @Override
        public void kill(String reason) {
            if (outcome.complete(new Outcome(VmState.STOPPED, 0, reason))) {
                events.add("kill " + reason);
            }
        }

        @Override
        public void remove() {
            events.add("remove");
        }

        @Override
        public CompletionStage<Outcome> outcome() {
            return outcome;
        }

        @Override
        public List<BayInfo> bays() {
            return List.of(new BayInfo(
                    "com1",
                    "device",
                    "serial-16550",
                    "RUNNING",
                    Optional.of("dev.backplane.device.serial 1.0.0"),
                    2,
                    ""));
        }

        @Override
        public void configure(String bay, Map<String, String> options) {
            events.add("configure " + bay + " " + new TreeMap<>(options));
        }

        @Override
        public Processors processors() {
            return new Processors(2, 4);
        }

        @Override
        public void setProcessors(int count, Duration patience) throws VmException {
            if (count > 4) {
                throw new VmException("cpus: %d: expected from 1 to 4".formatted(count));
            }
            events.add("%d processors within %d s".formatted(count, patience.toSeconds()));
        }

        @Override
        public Replaced setCpu(String type) throws VmException {
            if (!type.equals("bt")) {
                throw new VmException("cpu: no installed plugin offers the type \"%s\"".formatted(type));
            }
            return new Replaced("cpu", Optional.of("cpu.soft 1.0.0"), "cpu.bt 1.0.0", false, Duration.ofMillis(3));
        }

        @Override
        public Replaced setScheduler(String scheduler) throws VmException {
            events.add("scheduler " + scheduler);
            return new Replaced("scheduler", Optional.of("host 1.0.0"), "fair 1.0.0", false, Duration.ofMillis(1));
        }

        @Override
        public Replaced restart(String bay) {
            return new Replaced(bay, Optional.empty(), "serial 1.0.0", true, Duration.ofMillis(5));
        }

        @Override
        public void addDevice(VmSource device) {
            events.add("add " + device.text());
        }

        @Override
        public void removeDevice(String id, Duration patience) throws VmException {
            if (!id.equals("disk1")) {
                throw new VmException("demo has no device \"%s\"".formatted(id));
            }
            events.add("remove %s within %s".formatted(id, patience));
        }

        @Override
        public Map<String, Long> statistics() {
            return Map.of(
                    "instructions", 2_000_000L, "exits.port-write", 300L, "exits.port-read", 4000L, "exits.none", 0L);
        }

        @Override
        public AutoCloseable tap(AccessTap tap) {
            throw new UnsupportedOperationException();
        }

        @Override
        public VmDebugger debugger(DebugListener listener) {
            throw new UnsupportedOperationException();
        }

        @Override
        public AutoCloseable trace(Set<TraceKind> kinds, TraceSink sink) {
            events.add("trace " + new TreeSet<>(kinds));
            sink.line(0, TraceKind.EXEC, 0x1000, "a line");
            return () -> events.add("trace ends");
        }

        @Override
        public AutoCloseable notices(Consumer<String> listener) {
            return () -> {};
        }
    }
}
