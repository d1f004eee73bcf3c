package dev.backplane.kernel.internal.store;

import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.ServiceRegistration;
import org.osgi.framework.hooks.resolver.ResolverHookFactory;
import org.osgi.framework.hooks.service.EventListenerHook;
import org.osgi.framework.hooks.service.FindHook;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.wiring.BundleRevision;

/** Installs, starts and uninstalls bundles that the framework reads where they lie. */
final class PluginBundles {
    private static final String REFERENCE = "reference:";

    private final BundleContext context;
    private final Origins origins;
    private final Footing footing;

    PluginBundles(BundleContext context, Origins origins) {
        this.context = context;
        this.origins = origins;
        this.footing = new Footing(context, origins);
    }

    /** Where they come from. */
    Origins origins() {
        return origins;
    }

    /** What stands on what. */
    Footing footing() {
        return footing;
    }

    /** All bundles of the framework. */
    Bundle[] all() {
        return context.getBundles();
    }

    Bundle install(Path jar) throws JarCheck.Refused {
        try {
            return context.installBundle(REFERENCE + jar.toUri());
        } catch (BundleException e) {
            throw new JarCheck.Refused("the framework refuses it: " + e.getMessage());
        }
    }

    /** Installs a bundle a second time, from the same jar: it is to be wired to other bundles than the first. */
    Bundle installAgain(Bundle first) throws JarCheck.Refused {
        String location = first.getLocation();
        int name = location.lastIndexOf('/');
        String folder = location.substring(0, name);
        try {
            // Another spelling is another location for the framework; the next time it is the first one's again.
            String other = folder.endsWith("/.") ? folder.substring(0, folder.length() - 2) : folder + "/.";
            Bundle again = context.installBundle(other + location.substring(name));
            origins.folderJar(first).ifPresent(jar -> origins.folderJar(again, jar));
            return again;
        } catch (BundleException e) {
            throw new JarCheck.Refused("%s cannot be installed again: %s".formatted(first, e.getMessage()));
        }
    }

    /**
     * Keeps bundles that come from being wired to those that go.
     *
     * @return to be unregistered when they are resolved
     */
    ServiceRegistration<ResolverHookFactory> apart(Set<Bundle> coming, Set<Bundle> going) {
        return context.registerService(ResolverHookFactory.class, new SuccessorWires(coming, going), null);
    }

    /**
     * Keeps bundles that come and those that go from using each other's services.
     *
     * @return to be unregistered when either are gone
     */
    ServiceRegistration<?> apartByServices(Set<Bundle> coming, Set<Bundle> going) {
        return context.registerService(
                new String[] {FindHook.class.getName(), EventListenerHook.class.getName()},
                new SuccessorServices(coming, going),
                null);
    }

    /** Plugins start below the kernel, so that they are there when it starts, and stop after it. */
    private int pluginLevel() {
        int kernel = context.getBundle().adapt(BundleStartLevel.class).getStartLevel();
        return Math.max(1, kernel - 1);
    }

    /** Starts a bundle. Returns why it does not start, if so; it can be tried again when something else has come. */
    Optional<String> start(Bundle bundle) {
        BundleRevision revision = bundle.adapt(BundleRevision.class);
        if (revision != null && (revision.getTypes() & BundleRevision.TYPE_FRAGMENT) != 0) {
            return Optional.of("it is a fragment: a plugin is a bundle of its own");
        }
        try {
            // Not persistently: the framework would try again by itself, and complain by itself.
            bundle.start(Bundle.START_TRANSIENT);
            BundleStartLevel level = bundle.adapt(BundleStartLevel.class);
            if (level.getStartLevel() != pluginLevel()) {
                // Takes effect on another thread, which trips over a bundle that is uninstalled meanwhile.
                level.setStartLevel(pluginLevel());
            }
            return Optional.empty();
        } catch (BundleException e) {
            return Optional.of(
                    e.getType() == BundleException.RESOLVE_ERROR
                            ? "it waits for something that it requires: " + requirement(e)
                            : "it does not start: " + e.getMessage());
        }
    }

    /** The framework says it twice. */
    private static String requirement(BundleException e) {
        return String.valueOf(e.getMessage()).split(" Unresolved requirements")[0];
    }

    /** Stops and uninstalls. Its parts are taken out meanwhile. */
    void uninstall(Bundle bundle) {
        origins.gone(bundle);
        try {
            if (bundle.getState() != Bundle.UNINSTALLED) {
                bundle.uninstall();
            }
        } catch (BundleException e) {
            System.getLogger(PluginBundles.class.getName())
                    .log(System.Logger.Level.WARNING, "{0}: {1}", bundle, e.getMessage());
        }
    }
}
