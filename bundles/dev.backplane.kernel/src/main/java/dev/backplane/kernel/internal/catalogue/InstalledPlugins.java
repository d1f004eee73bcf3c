package dev.backplane.kernel.internal.catalogue;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRevision;

/** The plugins that are installed but do not offer what their manifest declares. */
public final class InstalledPlugins implements KnownPlugins {
    private final BundleContext context;

    /**
     * What is installed in this framework.
     *
     * @param context the kernel's
     */
    public InstalledPlugins(BundleContext context) {
        this.context = context;
    }

    @Override
    public List<String> hints(Kind kind, String type) {
        List<String> hints = new ArrayList<>();
        for (Bundle bundle : context.getBundles()) {
            @Nullable BundleRevision revision = bundle.adapt(BundleRevision.class);
            if (revision != null && declares(revision, kind, type)) {
                hints.add("the plugin %s %s would offer it, but %s"
                        .formatted(bundle.getSymbolicName(), bundle.getVersion(), why(bundle)));
            }
        }
        return hints;
    }

    private static boolean declares(BundleRevision revision, Kind kind, String type) {
        for (BundleCapability capability : revision.getDeclaredCapabilities(kind.namespace())) {
            if (type.equals(capability.getAttributes().get("type"))) {
                return true;
            }
        }
        return false;
    }

    private static String why(Bundle bundle) {
        return switch (bundle.getState()) {
            case Bundle.INSTALLED -> "it is not resolved: something that it imports is missing";
            case Bundle.RESOLVED -> "it is not started";
            case Bundle.STARTING, Bundle.STOPPING -> "it is starting or stopping at this moment";
            case Bundle.ACTIVE ->
                "its component is not active: a reference of it is unsatisfied, or it failed (see the log)";
            default -> "it is not usable";
        };
    }
}
