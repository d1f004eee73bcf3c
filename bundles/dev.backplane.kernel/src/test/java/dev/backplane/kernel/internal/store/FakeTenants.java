package dev.backplane.kernel.internal.store;

import dev.backplane.api.vm.Vm.BayInfo;
import dev.backplane.api.vm.VmException;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.plan.Impact;
import dev.backplane.kernel.internal.plan.Impact.BayImpact;
import dev.backplane.kernel.internal.plan.Impact.StateMove;
import dev.backplane.kernel.internal.plan.Replacement;
import dev.backplane.kernel.internal.plan.SwapReport;
import dev.backplane.kernel.internal.plan.SwapReport.Move;
import dev.backplane.kernel.internal.plan.SwapReport.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Machines with one bay each, {@code disk0}, that hold offers and fail where a test says. */
final class FakeTenants implements Tenants {
    final Map<String, Offer> holds = new TreeMap<>();
    final List<String> events = new ArrayList<>();
    /**
     * What fails: {@code preview web1}, {@code rehearse web1}, {@code move web1}, {@code back web1}, {@code health web1}, {@code refill
     * web1}; with {@code lose web1} a move, or the way back, costs its bay the part.
     */
    final Set<String> failures = new HashSet<>();
    /** Machines whose bay has lost its part. */
    final Set<String> empty = new TreeSet<>();
    /** Machines that have ended: their bays are as they were last. */
    final Set<String> ended = new HashSet<>();

    boolean wayBack = true;

    @Override
    public List<String> names() {
        Set<String> all = new TreeSet<>(holds.keySet());
        all.addAll(empty);
        return List.copyOf(all);
    }

    @Override
    public List<String> holding(Collection<Offer> offers) {
        return holds.entrySet().stream()
                .filter(each -> offers.contains(each.getValue()))
                .map(each -> each.getKey() + "/disk0")
                .toList();
    }

    @Override
    public List<BayInfo> bays(String vm) {
        boolean ill = empty.contains(vm)
                || failures.contains("health " + vm)
                        && events.lastIndexOf("move " + vm) > events.lastIndexOf("back " + vm);
        return List.of(new BayInfo(
                "disk0", "storage", "test", ill ? "FAILED" : "RUNNING", Optional.empty(), 1, ill ? "it burns" : ""));
    }

    @Override
    public List<String> affected(Replacement replacement) {
        return holds.entrySet().stream()
                .filter(each -> replacement.successorOf(each.getValue()).isPresent())
                .map(Map.Entry::getKey)
                .toList();
    }

    @Override
    public Impact preview(String vm, Replacement replacement) {
        Offer old = holds.get(vm);
        Offer next = replacement.successorOf(old).orElseThrow();
        return new Impact(
                vm,
                List.of(new BayImpact(
                        "disk0",
                        "storage",
                        "test",
                        old.plugin(),
                        next.plugin(),
                        List.of("disk0"),
                        new StateMove("test", 3, 3, wayBack),
                        failure("preview", vm))));
    }

    private Optional<String> failure(String what, String vm) {
        return failures.contains(what + " " + vm) ? Optional.of(what + " of " + vm + " failed") : Optional.empty();
    }

    @Override
    public SwapReport rehearse(String vm, Replacement replacement, Duration perBay) {
        events.add("rehearse " + vm);
        return new SwapReport(vm, List.of(), failure("rehearse", vm));
    }

    @Override
    public SwapReport move(String vm, Replacement replacement, Duration perBay) {
        Offer old = holds.get(vm);
        Offer next = replacement.successorOf(old).orElseThrow();
        String what = next.generation() < old.generation() ? "back" : "move";
        events.add(what + " " + vm);
        Optional<String> failure = failure(what, vm);
        if (failure.isEmpty()) {
            holds.put(vm, next);
        } else if (failures.contains("lose " + vm)) {
            holds.remove(vm);
            empty.add(vm);
        }
        return new SwapReport(
                vm,
                List.of(new Move(
                        "disk0",
                        old.plugin(),
                        next.plugin(),
                        Outcome.MOVED,
                        List.of(),
                        Map.of(SwapReport.Phase.RESTORE, 1_000_000L))),
                failure);
    }

    @Override
    public void refill(String vm, Collection<Offer> again) throws VmException {
        if (ended.contains(vm)) {
            throw new VmException(vm + " takes no commands");
        }
        events.add("refill " + vm);
        if (empty.contains(vm) && !failures.contains("refill " + vm)) {
            empty.remove(vm);
            holds.put(vm, again.iterator().next());
        }
    }
}
