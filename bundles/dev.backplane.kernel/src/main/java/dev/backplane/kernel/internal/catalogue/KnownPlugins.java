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
     * Plugins that are not in use and could offer anything.
     *
     * @return one sentence per plugin
     */
    default List<String> doubtful() {
        return List.of();
    }

    /**
     * Both together.
     *
     * @param more asked second
     * @return knows what either knows
     */
    default KnownPlugins and(KnownPlugins more) {
        KnownPlugins first = this;
        return new KnownPlugins() {
            @Override
            public List<String> hints(Kind kind, String type) {
                return joined(first.hints(kind, type), more.hints(kind, type));
            }

            @Override
            public List<String> doubtful() {
                return joined(first.doubtful(), more.doubtful());
            }
        };
    }

    private static List<String> joined(List<String> first, List<String> second) {
        List<String> all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }
}
