package dev.backplane.kernel.internal.store;

import dev.backplane.api.vm.Vm.BayInfo;
import dev.backplane.api.vm.VmException;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.plan.Impact;
import dev.backplane.kernel.internal.plan.Impact.BayImpact;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Bays that have lost their part while plugins were replaced: they get one of the old plugin again, or are named. Used by one thread. */
final class Losses {
    private final Tenants tenants;
    private final List<String> lost = new ArrayList<>();

    Losses(Tenants tenants) {
        this.tenants = tenants;
    }

    /** The bays of a machine that an update concerns and that have no part now. */
    List<BayInfo> of(String vm, Impact impact) {
        List<String> ids = impact.bays().stream().map(BayImpact::bay).toList();
        return tenants.bays(vm).stream()
                .filter(bay -> ids.contains(bay.id()))
                .filter(bay -> bay.state().equals("FAILED") || bay.state().equals("VACANT"))
                .toList();
    }

    /**
     * Has what was lost made anew.
     *
     * @param impacts by machine, which bays could have lost something
     * @param again what they had before: it is tried also where it has failed meanwhile
     */
    void refill(Map<String, Impact> impacts, Collection<Offer> again) {
        lost.clear();
        impacts.forEach((vm, impact) -> {
            List<BayInfo> before = of(vm, impact);
            if (before.isEmpty()) {
                return;
            }
            try {
                tenants.refill(vm, again);
            } catch (VmException e) {
                lost.add("%s has ended (%s: %s)"
                        .formatted(vm, before.getFirst().id(), before.getFirst().note()));
                return;
            }
            of(vm, impact)
                    .forEach(bay -> lost.add("%s/%s has no part (%s): 'bay restart %s %s' tries again"
                            .formatted(vm, bay.id(), bay.note(), vm, bay.id())));
        });
    }

    /** What could not be had again, if something could not. */
    Optional<String> text() {
        return lost.isEmpty()
                ? Optional.empty()
                : Optional.of("%s. No other bay has lost its part".formatted(String.join("; ", lost)));
    }
}
