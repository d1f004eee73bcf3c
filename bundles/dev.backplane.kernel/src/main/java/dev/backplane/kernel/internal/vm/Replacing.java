package dev.backplane.kernel.internal.vm;

import dev.backplane.kernel.internal.bay.Bay;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.plan.ManagedSwap;
import dev.backplane.kernel.internal.plan.Wish;
import java.util.Optional;

/** Parts of a living machine are replaced because somebody asks for it. On its control thread. */
final class Replacing implements ManagedSwap.Host {
    private final Assembly assembly;
    private final Life life;
    private final CpuChoice cpus;

    Replacing(Assembly assembly, Life life, CpuChoice cpus) {
        this.assembly = assembly;
        this.life = life;
        this.cpus = cpus;
    }

    ManagedSwap swap() {
        return new ManagedSwap(assembly.bays(), assembly.settlement(), this);
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
