package dev.backplane.kernel.internal.store;

import dev.backplane.api.plugin.InstalledPlugin;
import dev.backplane.api.plugin.PluginException;
import dev.backplane.api.plugin.PluginGeneration;
import dev.backplane.api.plugin.PluginManager;
import dev.backplane.api.plugin.UpdateImpact;
import dev.backplane.api.plugin.UpdateReport;
import dev.backplane.api.plugin.UpdateReport.Outcome;
import dev.backplane.api.plugin.UpdateRequest;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;

/** Replaces plugins under the machines that use them, one update at a time. Callable on any thread but a machine's own. */
final class Updates implements PluginManager {
    private final JarStore store;
    private final PluginBundles bundles;
    private final Catalogue catalogue;
    private final Tenants tenants;
    private final Step.Listener steps;
    private final Origins origins;
    private final ReentrantLock busy = new ReentrantLock();
    private volatile @Nullable Waiting waiting;

    /** An update whose canary has moved, or one that could not be taken back. */
    private record Waiting(Exchange exchange, Attempt attempt, UpdateImpact impact, String canary) {}

    /** What is being put in: the jars, and the end of their stay in the store where nothing comes of it. */
    private record Attempt(Map<PluginJar, Optional<Bundle>> jars, Set<String> pins, JarStore.UnderWay underWay) {
        String coming() {
            return ImpactText.list(jars.keySet().stream().map(Updates::name).toList());
        }

        /** What there is again when it was given up. */
        String left(Optional<String> losses) {
            List<String> names = jars.values().stream()
                    .flatMap(Optional::stream)
                    .map(Updates::name)
                    .toList();
            if (names.isEmpty()) {
                return "nothing was left behind";
            }
            String old = ImpactText.list(names);
            boolean one = names.size() == 1;
            return losses.map(text ->
                            "%s %s, and nothing was left behind, but %s".formatted(old, one ? "stays" : "stay", text))
                    .orElse("%s %s on, and nothing was left behind".formatted(old, one ? "runs" : "run"));
        }
    }

    Updates(JarStore store, PluginBundles bundles, Catalogue catalogue, Tenants tenants, Step.Listener steps) {
        this.store = store;
        this.bundles = bundles;
        this.catalogue = catalogue;
        this.tenants = tenants;
        this.steps = steps;
        this.origins = bundles.origins();
    }

    private static String name(PluginJar jar) {
        return jar.symbolicName() + " " + jar.version();
    }

    private static String name(Bundle bundle) {
        return bundle.getSymbolicName() + " " + bundle.getVersion();
    }

    private void enter() throws PluginException {
        if (!busy.tryLock()) {
            throw new PluginException("another update is under way: try again when it has ended");
        }
    }

    @Override
    public UpdateReport update(UpdateRequest request, Consumer<String> listener) throws PluginException {
        enter();
        try (Locations locations = new Locations()) {
            refuseWhileWaiting();
            check(request);
            Map<PluginJar, Path> files = new LinkedHashMap<>();
            for (String location : request.locations()) {
                Path file = locations.file(location);
                files.put(check(location, file), file);
            }
            Map<PluginJar, Optional<Bundle>> jars = predecessors(files.keySet());
            return run(new Attempt(jars, request.pins(), begin(files)), files, request, listener);
        } finally {
            busy.unlock();
        }
    }

    private void refuseWhileWaiting() throws PluginException {
        Waiting held = waiting;
        if (held != null) {
            throw new PluginException("the update to %s waits for 'plugin commit' or 'plugin rollback' (%s has moved)"
                    .formatted(held.attempt().coming(), held.canary()));
        }
    }

    /** Whether an update waits for the trial of a canary. */
    boolean isWaiting() {
        return waiting != null;
    }

    private void check(UpdateRequest request) throws PluginException {
        Set<String> named = new TreeSet<>(request.pins());
        request.canary().ifPresent(named::add);
        named.removeAll(tenants.names());
        if (!named.isEmpty()) {
            throw new PluginException("there is no machine \"%s\": there is %s"
                    .formatted(named.iterator().next(), tenants.names()));
        }
        if (request.canary().filter(request.pins()::contains).isPresent()) {
            throw new PluginException(request.canary().get() + " cannot be the canary and stay where it is");
        }
        if (request.locations().isEmpty()) {
            throw new PluginException("no jar is named");
        }
    }

    private static PluginJar check(String location, Path file) throws PluginException {
        try {
            return JarCheck.check(file);
        } catch (JarCheck.Refused e) {
            throw new PluginException("%s: %s".formatted(location, e.getMessage()));
        }
    }

    /** What each jar takes over from. */
    private Map<PluginJar, Optional<Bundle>> predecessors(Set<PluginJar> jars) throws PluginException {
        Map<PluginJar, Optional<Bundle>> all = new LinkedHashMap<>();
        for (PluginJar jar : jars) {
            if (all.keySet().stream().anyMatch(other -> other.symbolicName().equals(jar.symbolicName()))) {
                throw new PluginException("two of the jars are " + jar.symbolicName());
            }
            Optional<Bundle> old = inUse(jar.symbolicName());
            if (old.isPresent()) {
                Optional<String> folder = origins.folderJar(old.get());
                if (folder.isPresent()) {
                    throw new PluginException("%s comes from plugins/%s: put the new jar there in its place"
                            .formatted(name(old.get()), folder.get()));
                }
                if (origins.hash(old.get()).equals(Optional.of(jar.sha256()))) {
                    throw new PluginException(name(jar) + " is in use already: it is this very jar");
                }
            }
            all.put(jar, old);
        }
        return all;
    }

    /** The bundle of that name that bays get. */
    Optional<Bundle> inUse(String symbolicName) {
        return Arrays.stream(bundles.all())
                .filter(bundle -> symbolicName.equals(bundle.getSymbolicName()))
                .filter(bundle -> bundle.getState() != Bundle.INSTALLED)
                .filter(bundle -> catalogue.reservedFor(bundle.getBundleId()).isEmpty())
                .max(Comparator.comparing(Bundle::getVersion).thenComparing(Bundle::getBundleId));
    }

    private JarStore.UnderWay begin(Map<PluginJar, Path> files) throws PluginException {
        try {
            return store.begin(files.keySet());
        } catch (IOException e) {
            throw new PluginException("the store cannot be written: " + e);
        }
    }

    private UpdateReport run(
            Attempt attempt, Map<PluginJar, Path> files, UpdateRequest request, Consumer<String> listener)
            throws PluginException {
        Exchange exchange = new Exchange(bundles, catalogue, tenants, steps, request.pins());
        UpdateImpact impact;
        try {
            exchange.install(install(attempt, files));
            exchange.start();
            impact = exchange.plan();
            listener.accept(ImpactText.of(impact));
            if (request.dryRun()) {
                exchange.undo();
                end(attempt);
                return report(Outcome.DRY_RUN, impact, "nothing was changed");
            }
            if (request.canary().isPresent()) {
                return canary(exchange, attempt, impact, request.canary().get(), listener);
            }
            exchange.move(listener);
            return settle(exchange, attempt, impact, listener);
        } catch (PluginException | IOException | RuntimeException | LinkageError e) {
            throw takeBack(exchange, attempt, e);
        }
    }

    private Map<Bundle, Optional<Bundle>> install(Attempt attempt, Map<PluginJar, Path> files)
            throws PluginException, IOException {
        Map<PluginJar, Path> objects = new LinkedHashMap<>();
        Map<Bundle, Optional<Bundle>> coming = new LinkedHashMap<>();
        try {
            for (PluginJar jar : attempt.jars().keySet()) {
                objects.put(jar, store.add(jar, files.get(jar)));
            }
            steps.reached(Step.COPIED);
            for (PluginJar jar : attempt.jars().keySet()) {
                coming.put(bundles.install(objects.get(jar)), attempt.jars().get(jar));
            }
            return coming;
        } catch (JarCheck.Refused | IOException e) {
            coming.keySet().forEach(bundles::uninstall);
            throw new PluginException(
                    e instanceof IOException ? "it cannot be copied to the store: " + e : e.getMessage());
        }
    }

    private UpdateReport canary(
            Exchange exchange, Attempt attempt, UpdateImpact impact, String vm, Consumer<String> listener)
            throws PluginException {
        if (!exchange.concerns(vm)) {
            throw new PluginException(vm + " has no part of what is replaced: it cannot be the canary");
        }
        if (!impact.wayBack()) {
            throw new PluginException(
                    "no way back after commit: the old version does not read what the new one writes, so that a canary could not move back; try it with --dry-run, which rehearses nothing, or on a machine of another process");
        }
        exchange.move(List.of(vm), listener);
        waiting = new Waiting(exchange, attempt, impact, vm);
        return report(
                Outcome.CANARY,
                impact,
                "%s has moved; 'plugin commit' moves the others, 'plugin rollback' moves it back".formatted(vm));
    }

    private UpdateReport settle(Exchange exchange, Attempt attempt, UpdateImpact impact, Consumer<String> listener)
            throws PluginException {
        GenerationChange change = new GenerationChange(attempt.jars(), attempt.pins(), origins);
        exchange.settle(() -> store.change(change::apply), true, listener);
        waiting = null;
        end(attempt);
        return report(
                Outcome.COMMITTED,
                impact,
                "%s %s in use; generation %d"
                        .formatted(attempt.coming(), attempt.jars().size() == 1 ? "is" : "are", generation()));
    }

    /** Why it was given up, and what became of the bays. */
    private PluginException takeBack(Exchange exchange, Attempt attempt, Throwable cause) {
        String why = cause instanceof PluginException ? cause.getMessage() : cause.toString();
        if (!(cause instanceof PluginException)) {
            System.getLogger(Updates.class.getName())
                    .log(System.Logger.Level.ERROR, attempt.coming() + ": the update failed", cause);
        }
        Optional<String> stuck = exchange.undo();
        if (stuck.isPresent()) {
            waiting = new Waiting(exchange, attempt, exchange.planned(), "a part of it");
            return new PluginException(
                    "%s: %s; not everything could move back (%s): both versions stay, 'plugin commit' tries the rest again, 'plugin rollback' the way back%s"
                            .formatted(
                                    attempt.coming(),
                                    why,
                                    stuck.get(),
                                    exchange.losses().map(text -> "; " + text).orElse("")));
        }
        waiting = null;
        end(attempt);
        return new PluginException("%s is not taken: %s. %s."
                .formatted(attempt.coming(), why.replaceFirst("\\.$", ""), attempt.left(exchange.losses())));
    }

    private static void end(Attempt attempt) {
        try {
            attempt.underWay().end();
        } catch (IOException e) {
            System.getLogger(Updates.class.getName())
                    .log(System.Logger.Level.WARNING, "the store keeps what is not used: {0}", e.toString());
        }
    }

    @Override
    public UpdateReport commit(Consumer<String> listener) throws PluginException {
        enter();
        try {
            Waiting held = held();
            try {
                held.exchange().move(listener);
                return settle(held.exchange(), held.attempt(), held.impact(), listener);
            } catch (PluginException | RuntimeException e) {
                throw takeBack(held.exchange(), held.attempt(), e);
            }
        } finally {
            busy.unlock();
        }
    }

    @Override
    public UpdateReport rollback(Consumer<String> listener) throws PluginException {
        enter();
        try {
            Waiting held = held();
            Optional<String> stuck = held.exchange().undo();
            if (stuck.isPresent()) {
                throw new PluginException(stuck.get() + "; the update waits on");
            }
            waiting = null;
            end(held.attempt());
            return report(
                    Outcome.ROLLED_BACK,
                    held.impact(),
                    "%s was given up; %s"
                            .formatted(
                                    held.attempt().coming(),
                                    held.attempt().left(held.exchange().losses())));
        } finally {
            busy.unlock();
        }
    }

    private Waiting held() throws PluginException {
        Waiting held = waiting;
        if (held == null) {
            throw new PluginException("no update waits: 'plugin update --canary VM FILE' begins one");
        }
        return held;
    }

    @Override
    public void unpin(String vm, Consumer<String> listener) throws PluginException {
        enter();
        try {
            refuseWhileWaiting();
            List<Bundle> kept = Arrays.stream(bundles.all())
                    .filter(bundle -> reservedFor(bundle).contains(vm))
                    .toList();
            if (kept.isEmpty()) {
                throw new PluginException(vm + " is not pinned");
            }
            for (Bundle old : kept) {
                unpin(vm, old, listener);
            }
        } finally {
            busy.unlock();
        }
    }

    private Set<String> reservedFor(Bundle bundle) {
        return catalogue.reservedFor(bundle.getBundleId()).orElse(Set.of());
    }

    private void unpin(String vm, Bundle old, Consumer<String> listener) throws PluginException {
        Bundle next = inUse(old.getSymbolicName())
                .orElseThrow(() -> new PluginException(
                        "there is no other %s than %s".formatted(old.getSymbolicName(), name(old))));
        Exchange exchange = new Exchange(bundles, catalogue, tenants, steps, Set.of());
        exchange.follow(next, old);
        if (tenants.names().contains(vm)) {
            exchange.plan(List.of(vm));
            listener.accept(ImpactText.of(exchange.planned()));
            try {
                exchange.move(
                        Optional.of(vm).filter(exchange::concerns).stream().toList(), listener);
            } catch (PluginException e) {
                exchange.back().ifPresent(listener);
                exchange.losses().ifPresent(listener);
                throw e;
            }
        }
        Set<String> others = new TreeSet<>(reservedFor(old));
        others.remove(vm);
        catalogue.reserve(old.getBundleId(), others);
        try {
            store.change(now -> GenerationChange.unpinned(now, origins, old, vm));
        } catch (IOException e) {
            throw new PluginException("%s has moved, and is still pinned at the next start: %s".formatted(vm, e));
        }
        if (others.isEmpty()) {
            exchange.retire();
        }
    }

    /**
     * For the plugin folder: a bundle that was installed and not started takes over from another one.
     *
     * @param retires whether the old one goes
     * @return why it did not, and was uninstalled; empty where it has
     */
    Optional<String> takeOver(Bundle coming, Bundle old, boolean retires) {
        busy.lock();
        Exchange exchange = new Exchange(bundles, catalogue, tenants, steps, Set.of());
        try {
            refuseWhileWaiting();
            exchange.install(Map.of(coming, Optional.of(old)));
            exchange.start();
            String impact = ImpactText.of(exchange.plan());
            System.getLogger(Updates.class.getName())
                    .log(System.Logger.Level.INFO, "{0} takes over from {1}: {2}", coming, old, impact);
            exchange.move(line -> {});
            exchange.settle(this::generation, retires, line -> {});
            return Optional.empty();
        } catch (PluginException | RuntimeException | LinkageError e) {
            Optional<String> stuck = exchange.undo();
            bundles.uninstall(coming);
            exchange.together();
            return Optional.of((e instanceof PluginException ? e.getMessage() : e.toString())
                    + stuck.map(text -> "; not everything could move back: " + text)
                            .orElse("")
                    + exchange.losses().map(text -> "; " + text).orElse(""));
        } finally {
            busy.unlock();
        }
    }

    /** The bays that hold a part of a bundle. */
    List<String> bays(Bundle bundle) {
        return tenants.holding(catalogue.of(bundle.getBundleId()));
    }

    private int generation() {
        return store.current().orElse(0);
    }

    private UpdateReport report(Outcome outcome, UpdateImpact impact, String text) {
        return new UpdateReport(outcome, impact, generation(), text);
    }

    @Override
    public List<InstalledPlugin> plugins() {
        List<InstalledPlugin> all = new ArrayList<>();
        for (Bundle bundle : bundles.all()) {
            if (!Footing.kinds(bundle).isEmpty()) {
                List<String> types = catalogue.of(bundle.getBundleId()).stream()
                        .map(offer -> offer.kind().word() + " " + offer.type())
                        .sorted()
                        .toList();
                all.add(new InstalledPlugin(
                        bundle.getSymbolicName(),
                        bundle.getVersion().toString(),
                        origins.of(bundle),
                        catalogue
                                .reservedFor(bundle.getBundleId())
                                .map(this::standing)
                                .orElse(""),
                        types,
                        bays(bundle)));
            }
        }
        all.sort(Comparator.comparing(InstalledPlugin::bundle).thenComparing(InstalledPlugin::version));
        return all;
    }

    private String standing(Set<String> machines) {
        Waiting held = waiting;
        if (machines.isEmpty()) {
            return held == null ? "waits to take over" : "on trial: " + held.canary();
        }
        return "pinned: " + ImpactText.list(List.copyOf(new TreeSet<>(machines)));
    }

    @Override
    public List<PluginGeneration> history() {
        List<PluginGeneration> all = new ArrayList<>();
        int current = generation();
        try {
            for (var each : store.history().entrySet()) {
                Generation generation = store.read(each.getKey());
                all.add(new PluginGeneration(
                        each.getKey(),
                        generation.before(),
                        each.getValue(),
                        each.getKey() == current,
                        store.failure(each.getKey()).orElse(""),
                        generation.lines()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all;
    }
}
