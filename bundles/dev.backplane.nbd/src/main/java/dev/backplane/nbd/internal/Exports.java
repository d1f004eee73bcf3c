package dev.backplane.nbd.internal;

import dev.backplane.nbd.NbdExport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What can be asked for. Immutable. */
public final class Exports {
    private final Map<String, NbdExport> byName = new LinkedHashMap<>();

    /**
     * Some exports.
     *
     * @param exports their names differ
     * @throws IllegalArgumentException where two have the same name
     */
    public Exports(List<NbdExport> exports) {
        for (NbdExport export : exports) {
            if (byName.putIfAbsent(export.name(), export) != null) {
                throw new IllegalArgumentException("two exports are called \"" + export.name() + "\"");
            }
        }
    }

    /** The one that a client asks for; the empty name is the only one's too. */
    Optional<NbdExport> find(String name) {
        NbdExport found = byName.get(name);
        if (found == null && name.isEmpty() && byName.size() == 1) {
            found = byName.values().iterator().next();
        }
        return Optional.ofNullable(found);
    }

    List<NbdExport> all() {
        return new ArrayList<>(byName.values());
    }
}
