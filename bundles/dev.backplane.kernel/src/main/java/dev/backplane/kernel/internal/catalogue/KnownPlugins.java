package dev.backplane.kernel.internal.catalogue;

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
}
