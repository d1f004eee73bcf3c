package dev.backplane.kernel.internal.store;

import dev.backplane.kernel.internal.store.DropIns.Look;
import dev.backplane.kernel.internal.store.DropIns.Stamp;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.osgi.framework.Bundle;

/**
 * Makes what is installed equal to what lies in the plugin folder. What comes is started before what goes is stopped, so that
 * a replaced plugin's parts find their successor at once; what cannot be installed changes nothing. Used by one thread.
 */
final class Reconciler {
    private static final System.Logger LOG = System.getLogger(Reconciler.class.getName());

    private final DropIns dropIns;
    private final JarStore store;
    private final PluginBundles bundles;
    private final StatusFiles status;
    private final Map<String, Plugin> installed = new TreeMap<>();
    private final Map<String, Stamp> judged = new HashMap<>();
    /** What each refused twin gives way to. */
    private final Map<String, String> twins = new HashMap<>();

    private boolean first = true;

    /** A jar in use. */
    private record Plugin(PluginJar jar, Bundle bundle) {}

    Reconciler(DropIns dropIns, JarStore store, PluginBundles bundles, StatusFiles status) {
        this.dropIns = dropIns;
        this.store = store;
        this.bundles = bundles;
        this.status = status;
    }

    /** One round. Returns whether nothing is left that may change by itself soon. */
    boolean reconcile() throws IOException {
        Look look = dropIns.look();
        if (first) {
            status.keep(look.jars().keySet());
        }
        List<Plugin> going = gone(look);
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
        start(coming, going);
        going.forEach(plugin -> {
            LOG.log(
                    System.Logger.Level.INFO,
                    "plugins/{0}: {1} is uninstalled",
                    plugin.jar().fileName(),
                    plugin.bundle());
            bundles.uninstall(plugin.bundle());
        });
        if (!coming.isEmpty() || !going.isEmpty()) {
            startWaiting();
            record();
        } else if (first && store.current().isPresent()) {
            // Since the last process something may have been taken out.
            record();
        }
        first = false;
        return settled;
    }

    private Optional<Plugin> install(String name, Map<String, Plugin> coming) {
        try {
            Path file = dropIns.path(name);
            PluginJar jar = JarCheck.check(file);
            Plugin known = installed.get(name);
            if (known != null && known.jar().sha256().equals(jar.sha256())) {
                return Optional.empty();
            }
            refuseTwin(jar, installed.values());
            refuseTwin(jar, coming.values());
            Path object = store.add(jar, file);
            return Optional.of(new Plugin(jar, bundles.install(jar, object)));
        } catch (JarCheck.Refused e) {
            status.put(name, e.getMessage() + stays(name));
        } catch (IOException e) {
            status.put(name, "it cannot be copied to the store (%s)".formatted(reason(e)) + stays(name));
        }
        return Optional.empty();
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

    /** What is no longer in the folder. */
    private List<Plugin> gone(Look look) {
        List<Plugin> gone = new ArrayList<>();
        for (String name : List.copyOf(judged.keySet())) {
            if (!look.jars().containsKey(name)) {
                judged.remove(name);
                twins.remove(name);
                judgeTwinsAgain(name);
                status.clear(name);
                Plugin plugin = installed.remove(name);
                if (plugin != null) {
                    gone.add(plugin);
                }
            }
        }
        return gone;
    }

    private void start(Map<String, Plugin> coming, List<Plugin> going) {
        coming.forEach((name, plugin) -> {
            Optional<String> failure = bundles.start(plugin.bundle());
            Plugin before = installed.get(name);
            if (failure.isPresent() && before != null) {
                status.put(name, failure.get() + stays(name));
                bundles.uninstall(plugin.bundle());
                return;
            }
            installed.put(name, plugin);
            if (before != null) {
                going.add(before);
                judgeTwinsAgain(name);
            }
            if (failure.isPresent()) {
                status.put(name, failure.get());
            } else {
                status.clear(name);
                LOG.log(System.Logger.Level.INFO, "plugins/{0}: {1} is in use", name, plugin.bundle());
            }
        });
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
        int generation =
                store.record(installed.values().stream().map(Plugin::jar).toList());
        LOG.log(System.Logger.Level.DEBUG, "plugin generation {0}: {1}", generation, installed.keySet());
    }
}
