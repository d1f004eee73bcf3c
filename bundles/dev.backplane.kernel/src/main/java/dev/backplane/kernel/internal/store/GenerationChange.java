package dev.backplane.kernel.internal.store;

import dev.backplane.kernel.internal.store.Generation.Entry;
import dev.backplane.kernel.internal.store.Generation.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.osgi.framework.Bundle;

/**
 * What an update changes in the set that the next process starts with.
 *
 * @param jars each with the bundle that it takes over from, if there is one
 * @param pins machines that stay with that bundle
 * @param origins where bundles come from
 */
record GenerationChange(Map<PluginJar, Optional<Bundle>> jars, Set<String> pins, Origins origins) {
    Generation apply(Generation now) {
        Generation next = now;
        for (Map.Entry<PluginJar, Optional<Bundle>> each : jars.entrySet()) {
            next = each.getValue().isPresent()
                    ? replaced(next, each.getKey(), each.getValue().get())
                    : next.with(List.of(Entry.of(Role.BUNDLE, each.getKey())));
        }
        return next;
    }

    private Generation replaced(Generation now, PluginJar jar, Bundle old) {
        String hash = origins.hash(old).orElse("");
        List<Entry> more = new ArrayList<>();
        Generation next = now;
        if (pins.isEmpty()) {
            next = next.without(
                    entry -> entry.role() == Role.BUNDLE && entry.sha256().equals(hash));
            if (!origins.isStored(old)) {
                more.add(without(origins, old, hash));
            }
        }
        for (String vm : pins) {
            more.add(new Entry(Role.PIN, hash, old.getSymbolicName(), old.getVersion(), vm));
        }
        more.add(Entry.of(Role.BUNDLE, jar));
        return next.with(more);
    }

    /** The same without a machine's pin, and without what nobody is pinned to any more. */
    static Generation unpinned(Generation now, Origins origins, Bundle old, String vm) {
        String hash = origins.hash(old).orElse("");
        Generation next = now.without(entry -> entry.role() == Role.PIN
                && entry.sha256().equals(hash)
                && entry.name().equals(vm));
        if (next.of(Role.PIN).stream().anyMatch(entry -> entry.sha256().equals(hash))) {
            return next;
        }
        return origins.isStored(old)
                ? next.without(
                        entry -> entry.role() == Role.BUNDLE && entry.sha256().equals(hash))
                : next.with(List.of(without(origins, old, hash)));
    }

    private static Entry without(Origins origins, Bundle old, String hash) {
        return new Entry(Role.WITHOUT, hash, old.getSymbolicName(), old.getVersion(), origins.fileName(old));
    }
}
