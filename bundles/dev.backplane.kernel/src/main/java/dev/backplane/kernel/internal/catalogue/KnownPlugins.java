package dev.backplane.kernel.internal.catalogue;

import java.util.ArrayList;
import java.util.List;

/** Knows plugins that would offer a type if they were started, or installed. */
public interface KnownPlugins {
    /** Knows none. */
    KnownPlugins NONE = (kind, type) -> List.of();

    /**
     * What could be done to get a type.
     *
     * @param kind the kind of part
     * @param type the type's name
     * @return one sentence per plugin, most promising first
     */
    List<String> hints(Kind kind, String type);

    /**
     * Both together.
     *
     * @param more asked second
     * @return knows what either knows
     */
    default KnownPlugins and(KnownPlugins more) {
        return (kind, type) -> {
            List<String> hints = new ArrayList<>(hints(kind, type));
            hints.addAll(more.hints(kind, type));
            return hints;
        };
    }
}
