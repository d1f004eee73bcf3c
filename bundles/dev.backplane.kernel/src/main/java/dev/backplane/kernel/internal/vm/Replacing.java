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
        if (wanted.options().entries().isEmpty()) {
            return setCpu(cpu, wanted, false);
        }
        Optional<PartSpec> before = cpu.asked().prefer(wanted);
        try {
            return setCpu(cpu, wanted, true);
        } catch (VmException e) {
            cpu.asked().prefer(wanted.type(), before);
            throw e;
        }
    }

    private Vm.Replaced setCpu(Bay cpu, PartSpec wanted, boolean otherOptions) throws VmException {
        String type = wanted.type();
        Offer old =
                cpu.offer().orElseThrow(() -> new VmException("%s has no engine: %s".formatted(name(), cpu.note())));
        Offer next = catalogue
                .choose(Kind.CPU, type, wanted.version())
                .orElseThrow(() -> new VmException("cpu: no installed plugin offers the type \"%s\": offered are %s"
                        .formatted(type, String.join(", ", catalogue.types(Kind.CPU)))));
        if (next == old && !otherOptions) {
            throw new VmException("%s runs on %s already".formatted(name(), next));
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
