package dev.backplane.kernel.internal.store;

import dev.backplane.api.plugin.PluginException;
import dev.backplane.api.plugin.UpdateImpact;
import dev.backplane.api.vm.Vm.BayInfo;
import dev.backplane.api.vm.VmException;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.plan.Impact;
import dev.backplane.kernel.internal.plan.Replacement;
import dev.backplane.kernel.internal.plan.SwapReport;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceRegistration;

/**
 * New bundles take over from old ones, under the machines that use them. Until {@link #settle} everything can be taken back by {@link
 * #undo}. Used by one thread at a time.
 */
final class Exchange {
    private static final System.Logger LOG = System.getLogger(Exchange.class.getName());

    /** How long one bay may take until its new part is ready. */
    private static final Duration BAY = Duration.ofSeconds(2);

    private final PluginBundles bundles;
    private final Catalogue catalogue;
    private final Tenants tenants;
    private final Step.Listener steps;
    /** Each new bundle with the one that it takes over from. */
    private final Map<Bundle, Bundle> pairs = new LinkedHashMap<>();

    private final List<Bundle> added = new ArrayList<>();
    private final Map<String, Impact> impacts = new TreeMap<>();
    private final Set<String> moved = new TreeSet<>();
    private final Set<String> pins;
    private final Losses losses;
    /** While both the old and the new bundles are there. */
    private @Nullable ServiceRegistration<?> apart;

    private Replacement replacement = new Replacement(Map.of());
    private UpdateImpact planned = new UpdateImpact(List.of(), List.of(), List.of(), List.of(), 0, true);

    /** @param pins machines that stay with what they have */
    Exchange(PluginBundles bundles, Catalogue catalogue, Tenants tenants, Step.Listener steps, Set<String> pins) {
        this.bundles = bundles;
        this.catalogue = catalogue;
        this.tenants = tenants;
        this.steps = steps;
        this.pins = pins;
        this.losses = new Losses(tenants);
    }

    /** Records what has moved as the set of the next start. */
    @FunctionalInterface
    interface Recorder {
        /** Returns the generation's number. */
        int record() throws IOException;
    }

    private static String name(Bundle bundle) {
        return bundle.getSymbolicName() + " " + bundle.getVersion();
    }

    private List<Bundle> newcomers() {
        return Stream.concat(pairs.keySet().stream(), added.stream()).toList();
    }

    /**
     * Names the bundles that come, which are installed and not started: from now on they are taken away again when something fails.
     *
     * @param coming each with the one that it takes over from, if there is one
     * @throws PluginException when something fixed would have to change
     */
    void install(Map<Bundle, Optional<Bundle>> coming) throws PluginException {
        coming.forEach((bundle, old) -> {
            catalogue.reserve(bundle.getBundleId(), Set.of());
            old.ifPresentOrElse(each -> pairs.put(bundle, each), () -> added.add(bundle));
        });
        for (Bundle old : List.copyOf(pairs.values())) {
            Optional<String> fixed = bundles.footing().fixed(old);
            if (fixed.isPresent()) {
                throw new PluginException(
                        fixed.get()
                                + ": it cannot change while machines run. Put the new one into bundles/ of the installation in place of the old one and start Backplane anew; machines come back from their snapshots");
            }
        }
        installUsers();
        steps.reached(Step.INSTALLED);
    }

    /** A bundle that is in use already gets the bays of another one. */
    void follow(Bundle next, Bundle old) {
        pairs.put(next, old);
    }

    /** What stands on a library that goes is installed once more, to stand on the new one. */
    private void installUsers() throws PluginException {
        Set<Bundle> users = new LinkedHashSet<>();
        pairs.values().forEach(old -> users.addAll(bundles.footing().above(old)));
        users.removeAll(pairs.values());
        for (Bundle user : users) {
            if (newcomers().contains(user)) {
                continue;
            }
            try {
                Bundle again = bundles.installAgain(user);
                catalogue.reserve(again.getBundleId(), Set.of());
                pairs.put(again, user);
            } catch (JarCheck.Refused e) {
                throw new PluginException(e.getMessage());
            }
        }
    }

    /** Resolves and starts what was installed. Nobody uses it yet. */
    void start() throws PluginException {
        Set<Bundle> coming = Set.copyOf(newcomers());
        Set<Bundle> going = Set.copyOf(pairs.values());
        apart = bundles.apartByServices(coming, going);
        new Arrival(bundles, catalogue, newcomers(), going).start();
        steps.reached(Step.STARTED);
    }

    /** Finds out what it does, without touching a machine. */
    UpdateImpact plan() throws PluginException {
        return plan(tenants.names());
    }

    /** The same for some machines. */
    UpdateImpact plan(List<String> concerned) throws PluginException {
        List<Offer> old = new ArrayList<>();
        Map<Offer, Offer> successors = new LinkedHashMap<>();
        pairs.forEach((coming, going) -> {
            List<Offer> from = catalogue.of(going.getBundleId());
            old.addAll(from);
            successors.putAll(
                    Replacement.of(from, catalogue.of(coming.getBundleId())).successors());
        });
        replacement = new Replacement(successors);
        List<String> stranded =
                tenants
                        .holding(old.stream()
                                .filter(offer -> replacement.successorOf(offer).isEmpty())
                                .toList())
                        .stream()
                        .filter(bay -> !pins.contains(bay.split("/")[0]))
                        .toList();
        if (!stranded.isEmpty()) {
            throw new PluginException(ImpactText.list(stranded)
                    + " would lose what they stand on: the new version does not offer their type any more");
        }
        List<String> affected = tenants.affected(replacement).stream()
                .filter(concerned::contains)
                .toList();
        List<String> refusals = new ArrayList<>();
        for (String vm : affected) {
            if (!pins.contains(vm)) {
                Impact impact = preview(vm);
                impacts.put(vm, impact);
                refusals.addAll(impact.refusals());
            }
        }
        if (!refusals.isEmpty()) {
            throw new PluginException(String.join("; ", refusals));
        }
        planned = impact(affected);
        steps.reached(Step.PLANNED);
        return planned;
    }

    /** What {@link #plan} has found out. */
    UpdateImpact planned() {
        return planned;
    }

    private Impact preview(String vm) throws PluginException {
        try {
            return tenants.preview(vm, replacement);
        } catch (VmException e) {
            throw new PluginException(e.getMessage());
        }
    }

    private UpdateImpact impact(List<String> affected) {
        List<UpdateImpact.Pause> pauses = new ArrayList<>();
        Set<String> states = new LinkedHashSet<>();
        impacts.forEach((vm, impact) -> {
            Set<String> bays = new LinkedHashSet<>();
            impact.bays().forEach(bay -> {
                bays.addAll(bay.pauses());
                states.add(bay.state().toString());
            });
            if (!bays.isEmpty()) {
                pauses.add(new UpdateImpact.Pause(vm, List.copyOf(bays)));
            }
        });
        List<String> plugins = new ArrayList<>();
        pairs.forEach((coming, going) -> plugins.add(
                "%s %s -> %s".formatted(coming.getSymbolicName(), going.getVersion(), coming.getVersion())));
        added.forEach(bundle -> plugins.add(name(bundle) + " is new"));
        List<String> stays = affected.stream()
                .filter(pins::contains)
                .map(vm -> vm + " stays with what it has")
                .toList();
        return new UpdateImpact(
                plugins,
                pauses,
                List.copyOf(states),
                stays,
                pins.isEmpty() ? pairs.size() : 0,
                impacts.values().stream().allMatch(Impact::hasWayBack));
    }

    /** The machines that have not moved and are to move. */
    private List<String> waiting() {
        return tenants.affected(replacement).stream()
                .filter(vm -> !pins.contains(vm))
                .toList();
    }

    /** Whether a machine is one of those that move. */
    boolean concerns(String vm) {
        return impacts.containsKey(vm);
    }

    /** Moves all machines that wait for it. What fails is taken back by {@link #undo}. */
    void move(Consumer<String> listener) throws PluginException {
        move(waiting(), listener);
    }

    /** Moves some machines. */
    void move(List<String> vms, Consumer<String> listener) throws PluginException {
        for (String vm : vms) {
            check(vm, () -> tenants.rehearse(vm, replacement, BAY)).moves().stream()
                    .flatMap(move -> unrehearsed(vm, move).stream())
                    .forEach(listener);
        }
        steps.reached(Step.REHEARSED);
        for (String vm : vms) {
            moved.add(vm);
            SwapReport report = check(vm, () -> tenants.move(vm, replacement, BAY));
            check(vm);
            report.moves().forEach(move -> listener.accept(line(vm, move)));
            steps.reached(Step.MOVED);
        }
    }

    private static Optional<String> unrehearsed(String vm, SwapReport.Move move) {
        return switch (move.outcome()) {
            case UNTRIED ->
                Optional.of(("%s/%s: not rehearsed: it, or what it stands on, does not answer what it was asked; "
                                + "where that stays so, a layer of a disk is cut off and its successor answers, and a device stays as it is")
                        .formatted(vm, move.bay()));
            case FENCED ->
                Optional.of(
                        "%s/%s: not rehearsed: it does not come to rest and was made anew".formatted(vm, move.bay()));
            default -> Optional.empty();
        };
    }

    private static String line(String vm, SwapReport.Move move) {
        return "%s/%s: %s -> %s, closed for %.1f ms%s"
                .formatted(
                        vm,
                        move.bay(),
                        move.from(),
                        move.to(),
                        move.gateClosedNanos() / 1e6,
                        move.outcome() == SwapReport.Outcome.FENCED
                                ? "; the old part did not come to rest and was cut off"
                                : "");
    }

    /** Something that a machine does. */
    private interface Doing {
        SwapReport on() throws VmException;
    }

    private static SwapReport check(String vm, Doing doing) throws PluginException {
        try {
            SwapReport report = doing.on();
            if (report.failure().isPresent()) {
                throw new PluginException(report.failure().get());
            }
            return report;
        } catch (VmException e) {
            throw new PluginException(vm + ": " + e.getMessage());
        }
    }

    /** Whether what has moved is well. */
    private void check(String vm) throws PluginException {
        Impact impact = impacts.get(vm);
        if (impact != null) {
            for (BayInfo bay : losses.of(vm, impact)) {
                throw new PluginException(
                        "%s/%s has failed on the new version: %s".formatted(vm, bay.id(), bay.note()));
            }
        }
    }

    /**
     * Everything has moved: who asks for the types gets the new ones from now on, and the old bundles go unless a machine stays with them.
     *
     * @param recorder writes it down
     * @param retires whether an old bundle goes
     * @return the generation in force
     */
    int settle(Recorder recorder, boolean retires, Consumer<String> listener) throws PluginException {
        for (String vm : moved) {
            check(vm);
        }
        Set<String> staying = new TreeSet<>(pins);
        newcomers().forEach(bundle -> catalogue.release(bundle.getBundleId()));
        if (retires) {
            pairs.values().forEach(bundle -> catalogue.reserve(bundle.getBundleId(), staying));
        }
        int generation;
        try {
            // Machines that were started meanwhile.
            move(listener);
            generation = recorder.record();
        } catch (IOException e) {
            unsettle(retires);
            throw new PluginException("the generation cannot be written down (%s)".formatted(e));
        } catch (PluginException e) {
            unsettle(retires);
            throw e;
        }
        if (retires && staying.isEmpty()) {
            retire();
        }
        together();
        steps.reached(Step.UNINSTALLED);
        return generation;
    }

    /** It is over: those that are left may use each other's services. */
    void together() {
        if (apart != null) {
            apart.unregister();
            apart = null;
        }
    }

    /** What has been written down stands, however the old bundles take their leave. */
    void retire() {
        try {
            drop(List.copyOf(pairs.values()));
            bundles.footing().refresh(pairs.values());
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "the old bundles " + pairs.values() + " have not gone", e);
        }
    }

    private void unsettle(boolean retired) {
        newcomers().forEach(bundle -> catalogue.reserve(bundle.getBundleId(), Set.of()));
        if (retired) {
            pairs.values().forEach(bundle -> catalogue.release(bundle.getBundleId()));
        }
    }

    /** Those that came last stand on the others, and go first. */
    private void drop(List<Bundle> gone) {
        for (Bundle bundle : gone.reversed()) {
            bundles.uninstall(bundle);
            catalogue.forget(bundle.getBundleId());
        }
    }

    /**
     * Moves what has moved back, and takes the new bundles away.
     *
     * @return what could not move back; nothing is taken away then
     */
    Optional<String> undo() {
        Optional<String> stuck = back();
        if (stuck.isPresent()) {
            return stuck;
        }
        drop(newcomers());
        bundles.footing().refresh(newcomers());
        together();
        // A bay that has failed on the new version waits for the old one.
        pairs.values().forEach(bundle -> catalogue.release(bundle.getBundleId()));
        LOG.log(System.Logger.Level.DEBUG, "taken back: {0}", newcomers());
        return Optional.empty();
    }

    /** Bays that have lost their part get one of the old bundles again. */
    private void refill() {
        losses.refill(
                impacts,
                pairs.values().stream()
                        .flatMap(bundle -> catalogue.of(bundle.getBundleId()).stream())
                        .toList());
    }

    /** After {@link #undo} or {@link #back}: the bays that have no part all the same, for people. */
    Optional<String> losses() {
        return losses.text();
    }

    /**
     * Moves what has moved back, and gives bays that have lost their part another one.
     *
     * @return what could not move back
     */
    Optional<String> back() {
        Optional<String> stuck = moveBack();
        refill();
        return stuck;
    }

    private boolean holds(String vm, Replacement back) {
        return tenants.affected(back).contains(vm);
    }

    private Optional<String> moveBack() {
        Replacement back = replacement.reversed();
        List<String> failures = new ArrayList<>();
        for (String vm : List.copyOf(moved)) {
            try {
                if (holds(vm, back)) {
                    check(vm, () -> tenants.move(vm, back, BAY));
                }
                moved.remove(vm);
            } catch (PluginException e) {
                if (holds(vm, back)) {
                    failures.add(e.getMessage());
                } else {
                    moved.remove(vm);
                }
            }
        }
        return failures.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", failures));
    }
}
