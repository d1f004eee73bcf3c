package dev.backplane.kernel.internal.vm;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.kernel.internal.bay.Bay;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.file.VmFileReader;
import dev.backplane.kernel.internal.plan.ManagedSwap;
import dev.backplane.kernel.internal.plan.Replacement;
import dev.backplane.kernel.internal.plan.SwapReport;
import dev.backplane.kernel.internal.plan.Wish;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Parts of a living machine are replaced because somebody asks for it. On its control thread. */
final class Replacing implements ManagedSwap.Host {
    private final Assembly assembly;
    private final Life life;
    private final Catalogue catalogue;
    private final CpuChoice cpus;

    Replacing(Assembly assembly, Life life, Services services) {
        this.assembly = assembly;
        this.life = life;
        catalogue = services.catalogue();
        cpus = services.cpus();
    }

    ManagedSwap swap() {
        return new ManagedSwap(assembly.bays(), assembly.settlement(), this);
    }

    /** Has the vCPUs run by another backend, or by the same with other options. */
    Vm.Replaced setCpu(String text) throws VmException {
        PartSpec wanted;
        try {
            wanted = VmFileReader.cpu(text);
        } catch (ConfigurationException e) {
            throw new VmException(String.valueOf(e.getMessage()));
        }
        Bay cpu = assembly.bays().cpu().bay();
        Offer old =
                cpu.offer().orElseThrow(() -> new VmException("%s has no engine: %s".formatted(name(), cpu.note())));
        return instead(cpu, old, wanted);
    }

    /** Has its vCPUs' turns decided by another scheduler, or by the same with other options. */
    Vm.Replaced setScheduler(String text) throws VmException {
        PartSpec wanted;
        try {
            wanted = VmFileReader.scheduler(text);
        } catch (ConfigurationException e) {
            throw new VmException(String.valueOf(e.getMessage()));
        }
        Bay bay = assembly.bays().scheduler();
        Optional<Offer> old = bay.offer();
        return old.isPresent() ? instead(bay, old.get(), wanted) : fill(bay, wanted);
    }

    /** Nobody has to leave; where the one that is asked for cannot come, the bay waits for what it waited for. */
    private Vm.Replaced fill(Bay bay, PartSpec wanted) throws VmException {
        Offer next = offered(bay, wanted);
        PartSpec before = bay.spec();
        long begin = System.nanoTime();
        bay.asked().instead(wanted.options().entries().isEmpty() ? bay.asked().of(next) : wanted);
        Optional<String> failure = bay.fill(next);
        if (failure.isPresent()) {
            bay.asked().again(before);
        }
        life.replaced();
        if (failure.isPresent() || bay.offer().isEmpty()) {
            throw new VmException("%s: %s".formatted(bay.id(), failure.orElse(bay.note())));
        }
        return new Vm.Replaced(
                bay.id(), Optional.empty(), next.plugin(), true, Duration.ofNanos(System.nanoTime() - begin));
    }

    private Offer offered(Bay bay, PartSpec wanted) throws VmException {
        return catalogue
                .choose(bay.kind(), wanted.type(), wanted.version())
                .orElseThrow(() -> new VmException("%s: no installed plugin offers the type \"%s\": offered are %s"
                        .formatted(bay.id(), wanted.type(), String.join(", ", catalogue.types(bay.kind())))));
    }

    private Vm.Replaced instead(Bay bay, Offer old, PartSpec wanted) throws VmException {
        if (wanted.options().entries().isEmpty()) {
            return instead(bay, old, wanted, false);
        }
        Optional<PartSpec> before = bay.asked().prefer(wanted);
        try {
            return instead(bay, old, wanted, true);
        } catch (VmException e) {
            bay.asked().prefer(wanted.type(), before);
            throw e;
        }
    }

    private Vm.Replaced instead(Bay bay, Offer old, PartSpec wanted, boolean otherOptions) throws VmException {
        Offer next = offered(bay, wanted);
        if (next == old && !otherOptions) {
            throw new VmException(
                    "%s %s %s already".formatted(name(), bay.kind() == Kind.CPU ? "runs on" : "has", next));
        }
        Replacement replacement = Replacement.of(old, next);
        // Its classes are loaded while the guest runs.
        done(swap().rehearse(replacement, Swaps.BAY));
        return done(swap().move(replacement, Swaps.BAY));
    }

    private static Vm.Replaced done(SwapReport report) throws VmException {
        if (report.failure().isPresent()) {
            throw new VmException(report.failure().get());
        }
        SwapReport.Move move = report.moves().getLast();
        return new Vm.Replaced(
                move.bay(), Optional.of(move.from()), move.to(), false, Duration.ofNanos(move.gateClosedNanos()));
    }

    private Bay named(String id) throws VmException {
        return assembly.bays()
                .named(id)
                .orElseThrow(() -> new VmException("%s has no bay \"%s\": it has %s"
                        .formatted(
                                name(),
                                id,
                                assembly.bays().all().stream().map(Bay::id).collect(Collectors.joining(", ")))));
    }

    /** Changes options of a part that runs. */
    void configure(String id, Map<String, String> options) throws VmException {
        try {
            named(id).configure(options);
        } catch (ConfigurationException e) {
            throw new VmException(String.valueOf(e.getMessage()));
        }
    }

    /** Makes a part anew: from a state that it saves now where that works, else by a reset. */
    Vm.Replaced restart(String id) throws VmException {
        Bay bay = named(id);
        Optional<Offer> there = bay.offer();
        long begin = System.nanoTime();
        if (there.isPresent()) {
            SwapReport report = swap().renew(bay, there.get(), Swaps.BAY);
            boolean engine = bay.kind() == Kind.CPU;
            if (report.succeeded() || engine) {
                return done(report);
            }
            if (bay.offer().isPresent()) {
                bay.fence(report.failure().get(), false);
            }
        }
        life.cut(id + " is restarted");
        life.restart(bay);
        Offer now = bay.offer().orElseThrow(() -> new VmException("%s: %s".formatted(id, bay.note())));
        return new Vm.Replaced(
                id, there.map(Offer::plugin), now.plugin(), true, Duration.ofNanos(System.nanoTime() - begin));
    }

    /** Bays that have lost their part get another chance with some types, which may have failed there. */
    void refill(Collection<Offer> again) {
        life.cut("parts are made anew");
        life.refill(again);
    }

    @Override
    public String name() {
        return assembly.file().name();
    }

    @Override
    public Wish wish() {
        return life.wish();
    }

    @Override
    public Optional<String> unfit(Offer offer) {
        return cpus.unfit(offer, assembly.file().clock().virtual());
    }

    @Override
    public void begins(String what) {
        life.cut(what);
    }

    @Override
    public void replaced(Bay bay) {
        if (bay == assembly.bays().cpu().bay()) {
            assembly.group().engine(assembly.bays().cpu().partition().orElse(null));
        }
    }

    @Override
    public void ended() {
        life.replaced();
    }
}
