package dev.backplane.kernel.internal.store;

import dev.backplane.api.plugin.PluginManager;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.KnownPlugins;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/**
 * The plugins of this process: watches the plugin folder of the installation on a thread of its own, and replaces plugins on demand.
 */
@Component(service = PluginFolder.class)
public final class PluginFolder implements KnownPlugins {
    /** Framework property: the folder that the installation lies in. */
    static final String HOME = "backplane.home";

    /** Framework property: where this user's Backplane keeps what outlives a process. */
    static final String STATE = "backplane.state";

    private static final System.Logger LOG = System.getLogger(PluginFolder.class.getName());
    private static final long LOOK_MILLIS = 500;

    private final BundleContext context;
    private final @Nullable StatusFiles status;
    private volatile @Nullable Thread thread;
    private volatile boolean closed;
    private volatile boolean settled;

    /**
     * Knows where the folder is.
     *
     * @param context the kernel's bundle
     */
    @Activate
    public PluginFolder(BundleContext context) {
        this.context = context;
        String home = context.getProperty(HOME);
        status = home == null || context.getProperty(STATE) == null ? null : new StatusFiles(Path.of(home, "plugins"));
        settled = status == null;
    }

    /**
     * Begins to watch.
     *
     * @param catalogue the types that can be had; nothing has come to it yet
     * @param tenants the machines
     * @return replaces plugins; empty in a framework without a folder for state
     */
    public Optional<PluginManager> open(Catalogue catalogue, Tenants tenants) {
        String home = context.getProperty(HOME);
        String state = context.getProperty(STATE);
        if (state == null) {
            return Optional.empty();
        }
        JarStore store = new JarStore(Path.of(state, "store"));
        PluginBundles bundles = new PluginBundles(context, new Origins(store.objects()));
        new FirstLook(store, bundles, catalogue).take(context);
        Updates updates = new Updates(store, bundles, catalogue, tenants, Step::haltWhereAsked);
        StatusFiles files = status;
        if (home != null && files != null) {
            Path folder = Path.of(home, "plugins");
            Reconciler reconciler = new Reconciler(new DropIns(folder), store, bundles, updates, files);
            Thread watching =
                    Thread.ofPlatform().name("backplane/plugins").daemon().unstarted(() -> watch(folder, reconciler));
            thread = watching;
            watching.start();
        }
        return Optional.of(updates);
    }

    private void watch(Path folder, Reconciler reconciler) {
        while (!closed) {
            try {
                settled |= reconciler.reconcile();
            } catch (IOException | RuntimeException e) {
                settled = true;
                LOG.log(System.Logger.Level.ERROR, folder + ": cannot be looked at", e);
            }
            try {
                Thread.sleep(LOOK_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Ends the watch. A round that is under way, which may be stopping a bundle, ends by itself. */
    @Deactivate
    void close() {
        closed = true;
        Thread watching = thread;
        if (watching != null) {
            watching.interrupt();
        }
    }

    /**
     * Whether everything that lay in the folder at the start is in use, or has been refused.
     *
     * @return false while types may still come from there
     */
    public boolean settled() {
        return settled;
    }

    /** What is in use is known to the framework. */
    @Override
    public List<String> hints(Kind kind, String type) {
        return List.of();
    }

    @Override
    public List<String> doubtful() {
        List<String> hints = new ArrayList<>();
        if (status != null) {
            status.texts().forEach((jar, text) -> hints.add("plugins/%s %s".formatted(jar, text)));
        }
        return hints;
    }
}
