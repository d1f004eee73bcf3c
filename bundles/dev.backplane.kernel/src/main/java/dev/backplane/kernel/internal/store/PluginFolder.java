package dev.backplane.kernel.internal.store;

import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.KnownPlugins;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/** Watches the plugin folder of the installation, on a thread of its own. */
@Component(service = PluginFolder.class)
public final class PluginFolder implements KnownPlugins {
    /** Framework property: the folder that the installation lies in. */
    static final String HOME = "backplane.home";

    /** Framework property: where this user's Backplane keeps what outlives a process. */
    static final String STATE = "backplane.state";

    private static final System.Logger LOG = System.getLogger(PluginFolder.class.getName());
    private static final long LOOK_MILLIS = 500;

    private final @Nullable Thread thread;
    private final @Nullable StatusFiles status;
    private volatile boolean closed;
    private volatile boolean settled;

    /**
     * Begins to watch.
     *
     * @param context the kernel's bundle
     */
    @Activate
    public PluginFolder(BundleContext context) {
        String home = context.getProperty(HOME);
        Path storeRoot = storeRoot(context);
        if (home == null || storeRoot == null) {
            thread = null;
            status = null;
            settled = true;
            return;
        }
        Path folder = Path.of(home, "plugins");
        StatusFiles files = new StatusFiles(folder);
        Reconciler reconciler =
                new Reconciler(new DropIns(folder), new JarStore(storeRoot), new PluginBundles(context), files);
        status = files;
        thread = Thread.ofPlatform().name("backplane/plugins").daemon().unstarted(() -> watch(folder, reconciler));
        thread.start();
    }

    /** Where the store is, or null in a framework that has none. */
    private static @Nullable Path storeRoot(BundleContext context) {
        String state = context.getProperty(STATE);
        return state == null ? null : Path.of(state, "store");
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
        if (thread != null) {
            thread.interrupt();
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
            status.texts().forEach((jar, text) -> hints.add("plugins/%s is not in use: %s".formatted(jar, text)));
        }
        return hints;
    }
}
