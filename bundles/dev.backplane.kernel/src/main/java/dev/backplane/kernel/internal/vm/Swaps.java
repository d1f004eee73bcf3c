package dev.backplane.kernel.internal.vm;

import dev.backplane.api.vm.Vm.BayInfo;
import dev.backplane.api.vm.VmException;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.plan.Impact;
import dev.backplane.kernel.internal.plan.ManagedSwap;
import dev.backplane.kernel.internal.plan.Replacement;
import dev.backplane.kernel.internal.plan.SwapReport;
import dev.backplane.kernel.internal.store.Tenants;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Managed swaps of the machines of this process: parts of one plugin are replaced by those of another that is installed beside it.
 * Callable on any thread but a machine's own; each call returns when it is done. Of one machine one plan runs at a time.
 */
public final class Swaps implements Tenants {
    /** How long one bay may take until its new part is ready. */
    public static final Duration BAY = Duration.ofSeconds(2);

    private final Map<String, Machine> machines;

    Swaps(Map<String, Machine> machines) {
        this.machines = machines;
    }

    @Override
    public List<String> names() {
        return List.copyOf(machines.keySet());
    }

    @Override
    public List<String> holding(Collection<Offer> offers) {
        return machines.values().stream()
                .flatMap(machine -> offers.stream()
                        .flatMap(offer -> machine.holding(offer).stream())
                        .map(bay -> machine.name() + "/" + bay))
                .toList();
    }

    @Override
    public List<BayInfo> bays(String vm) {
        Machine machine = machines.get(vm);
        return machine == null ? List.of() : machine.bays();
    }

    /**
     * The machines that a replacement concerns.
     *
     * @param replacement which offers take over from which
     * @return the names of those that hold a part of one that is to go, ascending
     */
    @Override
    public List<String> affected(Replacement replacement) {
        return machines.values().stream()
                .filter(machine -> machine.holdsAnyOf(replacement.successors().keySet()))
                .map(Machine::name)
                .toList();
    }

    /**
     * Finds out what a replacement would do to a machine. Touches nothing; asks the new plugin for its options and shapes.
     *
     * @param vm the machine
     * @param replacement which offers take over from which
     * @return the impact, with what refuses it
     * @throws VmException when there is no such machine, or it takes no commands
     */
    @Override
    public Impact preview(String vm, Replacement replacement) throws VmException {
        return plan(vm, swap -> swap.preview(replacement));
    }

    /**
     * Tries whether the new parts go on from the states that the old ones have now: each bay comes to rest for as long as it takes to
     * save it, and its new part is made apart from the machine, where it can change nothing, and thrown away.
     *
     * @param vm the machine
     * @param replacement which offers take over from which
     * @param perBay how long one old part may take to come to rest and save
     * @return what went wrong, if something did: nothing has moved
     * @throws VmException when there is no such machine, or it takes no commands
     */
    @Override
    public SwapReport rehearse(String vm, Replacement replacement, Duration perBay) throws VmException {
        return plan(vm, swap -> swap.rehearse(replacement, perBay));
    }

    /**
     * Moves a machine's bays, one after the other. Where one fails before its new part's first resume its old part runs on, and those that
     * had moved before are moved back by a second swap where there is a way back. The way back after a move that went well is a move of
     * {@link Replacement#reversed}.
     *
     * @param vm the machine
     * @param replacement which offers take over from which
     * @param perBay how long one bay may take until its new part is ready, for instance {@link #BAY}
     * @return what was done
     * @throws VmException when there is no such machine, or it takes no commands
     */
    @Override
    public SwapReport move(String vm, Replacement replacement, Duration perBay) throws VmException {
        return plan(vm, swap -> swap.move(replacement, perBay));
    }

    @Override
    public void refill(String vm, Collection<Offer> again) throws VmException {
        replacing(vm, replacing -> {
            replacing.refill(again);
            return true;
        });
    }

    /** Something on a machine's control thread. */
    @FunctionalInterface
    private interface Step<P, T> {
        /** Does it. */
        T on(P by);
    }

    private <T> T plan(String vm, Step<ManagedSwap, T> step) throws VmException {
        return replacing(vm, replacing -> step.on(replacing.swap()));
    }

    private <T> T replacing(String vm, Step<Replacing, T> step) throws VmException {
        Machine machine = machines.get(vm);
        if (machine == null) {
            throw new VmException("there is no machine \"%s\": there is %s".formatted(vm, machines.keySet()));
        }
        return machine.command(() -> step.on(machine.replacing()));
    }
}
