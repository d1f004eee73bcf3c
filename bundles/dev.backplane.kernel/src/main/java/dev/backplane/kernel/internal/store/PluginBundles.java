package dev.backplane.kernel.internal.store;

import java.nio.file.Path;
import java.util.Optional;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.wiring.BundleRevision;

/** Installs, starts and uninstalls bundles of the store. */
final class PluginBundles {
    private final BundleContext context;

    PluginBundles(BundleContext context) {
        this.context = context;
    }

    /** The location of a bundle of the store. The framework reads the jar where it lies. */
    static String location(Path object) {
        return "reference:" + object.toUri();
    }

    Bundle install(PluginJar jar, Path object) throws JarCheck.Refused {
        refuseShared(jar);
        try {
            return context.installBundle(location(object));
        } catch (BundleException e) {
            throw new JarCheck.Refused("the framework refuses it: " + e.getMessage());
        }
    }

    /** What others are wired to cannot be replaced beneath them. */
    private void refuseShared(PluginJar jar) throws JarCheck.Refused {
        for (Bundle installed : context.getBundles()) {
            if (jar.symbolicName().equals(installed.getSymbolicName())
                    && installed.getHeaders("").get(Constants.EXPORT_PACKAGE) != null) {
                throw new JarCheck.Refused(
                        "%s %s is part of this installation and other bundles use its classes: put it into bundles/ in place of that one, and start Backplane anew"
                                .formatted(installed.getSymbolicName(), installed.getVersion()));
            }
        }
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
            // Takes effect on another thread, which trips over a bundle that is uninstalled meanwhile.
            bundle.adapt(BundleStartLevel.class).setStartLevel(pluginLevel());
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
