package dev.backplane.kernel.internal.store;

import dev.backplane.kernel.internal.store.DropIns.Look;
import dev.backplane.kernel.internal.store.DropIns.Stamp;
import dev.backplane.kernel.internal.store.Generation.Entry;
import dev.backplane.kernel.internal.store.Generation.Role;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.osgi.framework.Bundle;

/**
 * Makes what is installed equal to what lies in the plugin folder. What replaces a plugin takes over from it as by an update; what was
 * taken out goes when no bay needs it; what cannot be installed changes nothing. Used by one thread.
 */
final class Reconciler {
    private static final System.Logger LOG = System.getLogger(Reconciler.class.getName());

    private final DropIns dropIns;
    private final JarStore store;
    private final PluginBundles bundles;
    private final Updates updates;
    private final StatusFiles status;
    private final Map<String, Plugin> installed = new TreeMap<>();
    /** Those of the installed that are no longer in the folder. */
    private final Set<String> departed = new TreeSet<>();

    private final Map<String, Stamp> judged = new HashMap<>();
    /** What each refused twin gives way to. */
    private final Map<String, String> twins = new HashMap<>();

    private boolean first = true;

    /** A jar in use. */
    private record Plugin(PluginJar jar, Bundle bundle) {}

    Reconciler(DropIns dropIns, JarStore store, PluginBundles bundles, Updates updates, StatusFiles status) {
        this.dropIns = dropIns;
        this.store = store;
        this.bundles = bundles;
        this.updates = updates;
        this.status = status;
    }

    /** One round. Returns whether nothing is left that may change by itself soon. */
    boolean reconcile() throws IOException {
        if (updates.isWaiting()) {
            // What is put in meanwhile takes its turn when the canary has been judged.
            return true;
        }
        Look look = dropIns.look();
        if (first) {
            status.keep(look.jars().keySet());
        }
        depart(look);
        // An update of what they stand on has installed some anew.
        installed.replaceAll((name, plugin) -> alive(name, plugin));
        Map<String, Plugin> coming = new TreeMap<>();
        boolean settled = true;
        for (Map.Entry<String, Stamp> file : look.jars().entrySet()) {
            String name = file.getKey();
            if (file.getValue().equals(judged.get(name))) {
                continue;
            }
            if (!look.isStable(name)) {
                settled = false;
                continue;
            }
            judged.put(name, file.getValue());
            twins.remove(name);
            install(name, coming).ifPresent(plugin -> coming.put(name, plugin));
        }
        coming.forEach(this::start);
        boolean gone = removeDeparted();
        boolean beginning = first;
        first = false;
        if (!coming.isEmpty() || gone) {
            startWaiting();
            record();
        } else if (beginning && store.current().isPresent()) {
            // Since the last process something may have been taken out.
            record();
        }
        return settled;
    }

    private Plugin alive(String name, Plugin plugin) {
        return plugin.bundle().getState() != Bundle.UNINSTALLED
                ? plugin
                : Arrays.stream(bundles.all())
                        .filter(bundle -> bundles.origins()
                                .folderJar(bundle)
                                .filter(name::equals)
                                .isPresent())
                        .findFirst()
                        .map(bundle -> new Plugin(plugin.jar(), bundle))
                        .orElse(plugin);
    }

    private Optional<Plugin> install(String name, Map<String, Plugin> coming) {
        try {
            Path file = dropIns.path(name);
            PluginJar jar = JarCheck.check(file);
            Plugin known = installed.get(name);
            if (known != null && known.jar().sha256().equals(jar.sha256())) {
                departed.remove(name);
                status.clear(name);
                return Optional.empty();
            }
            if (adopt(jar)) {
                return Optional.empty();
            }
            refuseTwin(
                    jar,
                    installed.values().stream()
                            .filter(plugin -> !departed.contains(plugin.jar().fileName()))
                            .toList());
            refuseTwin(jar, coming.values());
            Bundle bundle = bundles.install(store.add(jar, file));
            bundles.origins().folderJar(bundle, name);
            return Optional.of(new Plugin(jar, bundle));
        } catch (JarCheck.Refused e) {
            status.put(name, e.getMessage() + stays(name));
        } catch (IOException e) {
            status.put(name, "it cannot be copied to the store (%s)".formatted(reason(e)) + stays(name));
        }
        return Optional.empty();
    }

    /** The jar was renamed: its bundle stays. */
    private boolean adopt(PluginJar jar) {
        for (String name : departed) {
            Plugin plugin = installed.get(name);
            if (plugin != null && plugin.jar().sha256().equals(jar.sha256())) {
                installed.remove(name);
                departed.remove(name);
                status.clear(name);
                installed.put(jar.fileName(), new Plugin(jar, plugin.bundle()));
                bundles.origins().folderJar(plugin.bundle(), jar.fileName());
                status.clear(jar.fileName());
                return true;
            }
        }
        return false;
    }

    private static String reason(IOException e) {
        return e instanceof AccessDeniedException denied ? denied.getFile() + ": permission denied" : e.toString();
    }

    /** Two jars that both are one version of one plugin: the bays could use only one of them. */
    private void refuseTwin(PluginJar jar, Collection<Plugin> others) throws JarCheck.Refused {
        for (Plugin other : others) {
            String there = other.jar().fileName();
            if (!there.equals(jar.fileName())
                    && other.jar().symbolicName().equals(jar.symbolicName())
                    && other.jar().version().equals(jar.version())) {
                twins.put(jar.fileName(), there);
                throw new JarCheck.Refused(
                        other.jar().sha256().equals(jar.sha256())
                                ? "it is a copy of %s: take one of the two out".formatted(there)
                                : "%s is %s %s too: take it out, or give this one another version"
                                        .formatted(there, jar.symbolicName(), jar.version()));
            }
        }
    }

    /** What was refused because of a jar that has made way is looked at again. */
    private void judgeTwinsAgain(String name) {
        twins.entrySet().removeIf(twin -> {
            boolean free = twin.getValue().equals(name);
            if (free) {
                judged.remove(twin.getKey());
            }
            return free;
        });
    }

    private String stays(String name) {
        Plugin before = installed.get(name);
        return before == null
                ? ""
                : "; %s %s, which was there before, stays in use"
                        .formatted(before.jar().symbolicName(), before.jar().version());
    }

    /** Takes note of what is no longer in the folder. */
    private void depart(Look look) {
        for (String name : List.copyOf(judged.keySet())) {
            if (!look.jars().containsKey(name)) {
                judged.remove(name);
                twins.remove(name);
                judgeTwinsAgain(name);
                status.clear(name);
                if (installed.containsKey(name)) {
                    departed.add(name);
                }
            }
        }
    }

    /** Uninstalls what is no longer in the folder and no bay needs. Returns whether something has gone. */
    private boolean removeDeparted() {
        boolean any = false;
        for (String name : List.copyOf(departed)) {
            Plugin plugin = installed.get(name);
            if (plugin == null) {
                departed.remove(name);
                continue;
            }
            List<String> bays = updates.bays(plugin.bundle());
            if (bays.isEmpty()) {
                LOG.log(System.Logger.Level.INFO, "plugins/{0}: {1} is uninstalled", name, plugin.bundle());
                bundles.uninstall(plugin.bundle());
                installed.remove(name);
                departed.remove(name);
                status.clear(name);
                any = true;
            } else {
                status.say(
                        name,
                        "was taken out and is still in use: %s %s it; it goes when they have ended, or when another version takes its place"
                                .formatted(ImpactText.list(bays), bays.size() == 1 ? "needs" : "need"));
            }
        }
        return any;
    }

    private void start(String name, Plugin plugin) {
        Optional<Plugin> before = before(name, plugin.jar());
        Optional<Bundle> old = before.map(Plugin::bundle).or(() -> beside(plugin.jar()));
        Optional<String> failure = old.isPresent()
                ? updates.takeOver(plugin.bundle(), old.get(), before.isPresent())
                : bundles.start(plugin.bundle());
        if (failure.isPresent() && old.isPresent()) {
            status.put(
                    name,
                    "%s; %s %s, which was there before, stays in use"
                            .formatted(
                                    failure.get(),
                                    old.get().getSymbolicName(),
                                    old.get().getVersion()));
            return;
        }
        Plugin waiting = installed.remove(name);
        if (waiting != null && before.isEmpty()) {
            bundles.uninstall(waiting.bundle());
        }
        before.map(each -> each.jar().fileName()).ifPresent(replaced -> {
            installed.remove(replaced);
            departed.remove(replaced);
            status.clear(replaced);
            judgeTwinsAgain(replaced);
        });
        installed.put(name, plugin);
        if (failure.isPresent()) {
            status.put(name, failure.get());
        } else {
            status.clear(name);
            LOG.log(System.Logger.Level.INFO, "plugins/{0}: {1} is in use", name, plugin.bundle());
        }
    }

    /** What a jar was put in the place of: under its name, or taken out. */
    private Optional<Plugin> before(String name, PluginJar jar) {
        return Optional.ofNullable(installed.get(name))
                .or(() -> departed.stream()
                        .map(installed::get)
                        .filter(plugin ->
                                plugin != null && plugin.jar().symbolicName().equals(jar.symbolicName()))
                        .findFirst())
                .filter(plugin -> plugin.bundle().getState() != Bundle.INSTALLED);
    }

    /** What is in use beside a jar and gives its bays to it; a lower version stands beside it for VM files that ask for it. */
    private Optional<Bundle> beside(PluginJar jar) {
        return updates.inUse(jar.symbolicName())
                .filter(bundle -> bundle.getVersion().compareTo(jar.version()) <= 0);
    }

    /** Something has come: those that wait for something may have it now. */
    private void startWaiting() {
        installed.forEach((name, plugin) -> {
            if (plugin.bundle().getState() == Bundle.INSTALLED) {
                bundles.start(plugin.bundle())
                        .ifPresentOrElse(failure -> status.put(name, failure), () -> status.clear(name));
            }
        });
    }

    private void record() throws IOException {
        List<Entry> folder = installed.values().stream()
                .map(plugin -> Entry.of(Role.FOLDER, plugin.jar()))
                .toList();
        int generation = store.change(
                now -> now.without(entry -> entry.role() == Role.FOLDER).with(folder));
        LOG.log(System.Logger.Level.DEBUG, "plugin generation {0}: {1}", generation, installed.keySet());
    }
}
