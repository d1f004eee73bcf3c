package dev.backplane.kernel.internal.store;

import dev.backplane.kernel.internal.catalogue.Catalogue;
import dev.backplane.kernel.internal.store.Generation.Entry;
import dev.backplane.kernel.internal.store.Generation.Role;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

/** What a process finds in the store when it begins: leftovers of those that were killed, and the pins of the set that it has started with. */
record FirstLook(JarStore store, PluginBundles bundles, Catalogue catalogue) {
    /** Framework property: the number of the generation that the launcher has started; 0 for none. */
    static final String GENERATION = "backplane.generation";

    /**
     * Framework property: symbolic names, separated by commas, of which the installation has a newer bundle than the generation, so that
     * the launcher took that one.
     */
    static final String OUTDATED = "backplane.generation.outdated";

    private static final System.Logger LOG = System.getLogger(FirstLook.class.getName());

    void take(BundleContext context) {
        try {
            store.recover();
            String outdated = context.getProperty(OUTDATED);
            if (outdated != null && !outdated.isEmpty()) {
                Set<String> names = Set.of(outdated.split(","));
                // Said once: the next start finds them out of the set.
                store.change(now ->
                        now.without(entry -> entry.role() != Role.FOLDER && names.contains(entry.symbolicName())));
            }
            String generation = context.getProperty(GENERATION);
            if (generation != null && !generation.equals("0")) {
                pin(store.read(Integer.parseInt(generation)).of(Role.PIN));
            }
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "the plugin store cannot be looked at", e);
        }
    }

    private void pin(List<Entry> pins) {
        Map<Bundle, Set<String>> machines = new LinkedHashMap<>();
        for (Entry pin : pins) {
            Arrays.stream(bundles.all())
                    .filter(bundle -> pin.symbolicName().equals(bundle.getSymbolicName()))
                    .filter(bundle -> pin.version().equals(bundle.getVersion()))
                    .filter(bundle -> bundles.origins()
                            .hash(bundle)
                            .filter(pin.sha256()::equals)
                            .isPresent())
                    .findFirst()
                    .ifPresentOrElse(
                            bundle -> machines.computeIfAbsent(bundle, each -> new TreeSet<>())
                                    .add(pin.name()),
                            () -> LOG.log(
                                    System.Logger.Level.WARNING,
                                    "{0} was to stay with {1} {2}, which is not there any more: it gets what others get",
                                    pin.name(),
                                    pin.symbolicName(),
                                    pin.version()));
        }
        machines.forEach((bundle, names) -> catalogue.reserve(bundle.getBundleId(), names));
    }
}
