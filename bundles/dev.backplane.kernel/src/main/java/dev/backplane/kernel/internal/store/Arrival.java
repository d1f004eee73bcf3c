package dev.backplane.kernel.internal.store;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.plugin.PluginException;
import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.catalogue.Kind;
import dev.backplane.kernel.internal.catalogue.Offer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.osgi.framework.Bundle;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleRevision;

/** Bundles of an update that come: how they are resolved and started beside those that go. Used by one thread. */
final class Arrival {
    private static final Duration OFFERED = Duration.ofSeconds(3);

    private final PluginBundles bundles;
    private final Catalogue catalogue;
    private final List<Bundle> coming;
    private final Set<Bundle> going;

    Arrival(PluginBundles bundles, Catalogue catalogue, List<Bundle> coming, Set<Bundle> going) {
        this.bundles = bundles;
        this.catalogue = catalogue;
        this.coming = coming;
        this.going = going;
    }

    /** Returns when they offer what they declare. */
    void start() throws PluginException {
        var wires = bundles.apart(Set.copyOf(coming), going);
        try {
            startApart();
        } finally {
            wires.unregister();
        }
        awaitOffers();
    }

    private static String name(Bundle bundle) {
        return bundle.getSymbolicName() + " " + bundle.getVersion();
    }

    private void startApart() throws PluginException {
        List<Bundle> order = coming.stream()
                .sorted((one, other) -> Boolean.compare(exports(other), exports(one)))
                .toList();
        for (Bundle bundle : order) {
            // Providers first: who is resolved before them is wired to what is there.
            if (!bundles.footing().resolve(bundle) && exports(bundle)) {
                fail(bundle, bundles.start(bundle).orElse("it does not resolve"));
            }
        }
        for (Bundle bundle : order) {
            for (Bundle beneath : Footing.beneath(bundle)) {
                if (going.contains(beneath)) {
                    fail(
                            bundle,
                            "it is wired to %s, which is to go: what it imports must admit the new version, which must be a higher one"
                                    .formatted(name(beneath)));
                }
            }
        }
        for (Bundle bundle : order) {
            Optional<String> failure = bundles.start(bundle);
            if (failure.isPresent()) {
                fail(bundle, failure.get());
            }
        }
    }

    private static boolean exports(Bundle bundle) {
        return !bundle.adapt(BundleRevision.class)
                .getDeclaredCapabilities(BundleRevision.PACKAGE_NAMESPACE)
                .isEmpty();
    }

    private static void fail(Bundle bundle, String why) throws PluginException {
        throw new PluginException("%s: %s".formatted(name(bundle), why));
    }

    /** A component's service comes when its bundle starts, or not at all. */
    private void awaitOffers() throws PluginException {
        Deadline deadline = Deadline.in(OFFERED);
        for (Bundle bundle : coming) {
            Optional<String> missing;
            long changes = catalogue.changes();
            while ((missing = missing(bundle)).isPresent()) {
                if (deadline.passed()) {
                    fail(
                            bundle,
                            "it declares %s and does not offer it: its component is not satisfied, or failed (see the log)"
                                    .formatted(missing.get()));
                }
                try {
                    catalogue.awaitChange(changes, deadline.remainingNanos());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    fail(bundle, "interrupted");
                }
                changes = catalogue.changes();
            }
        }
    }

    private Optional<String> missing(Bundle bundle) {
        List<Offer> offers = catalogue.of(bundle.getBundleId());
        BundleRevision revision = bundle.adapt(BundleRevision.class);
        for (Kind kind : Kind.values()) {
            for (BundleCapability capability : revision.getDeclaredCapabilities(kind.namespace())) {
                Object type = capability.getAttributes().get("type");
                if (type != null
                        && offers.stream()
                                .noneMatch(offer ->
                                        offer.kind() == kind && offer.type().equals(type))) {
                    return Optional.of(kind.word() + " " + type);
                }
            }
        }
        return Optional.empty();
    }
}
