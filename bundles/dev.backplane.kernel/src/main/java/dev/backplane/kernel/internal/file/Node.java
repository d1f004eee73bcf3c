package dev.backplane.kernel.internal.file;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A value of a VM file and where it stands. */
public sealed interface Node {
    /**
     * Where it begins.
     *
     * @return its place
     */
    Mark at();

    /**
     * A scalar.
     *
     * @param at where it begins
     * @param text as written, without quotes
     * @param quoted whether it was written in quotes, so that it is text whatever it looks like
     */
    record Scalar(Mark at, String text, boolean quoted) implements Node {
        /**
         * Whether it stands for nothing.
         *
         * @return true for an empty value, {@code ~} and {@code null}
         */
        public boolean isNull() {
            return !quoted && (text.isEmpty() || text.equals("~") || text.equals("null"));
        }
    }

    /**
     * A list.
     *
     * @param at where it begins
     * @param items what it holds
     */
    record Sequence(Mark at, List<Node> items) implements Node {
        /** Copies the list. */
        public Sequence {
            items = List.copyOf(items);
        }
    }

    /**
     * A map, in the order of the file.
     *
     * @param at where it begins
     * @param entries each key once
     */
    record Mapping(Mark at, Map<String, Entry> entries) implements Node {
        /**
         * The same map without some keys.
         *
         * @param keys what to leave out
         * @return a new map
         */
        public Mapping without(String... keys) {
            Map<String, Entry> rest = new LinkedHashMap<>(entries);
            for (String key : keys) {
                rest.remove(key);
            }
            return new Mapping(at, rest);
        }
    }

    /**
     * A key and its value.
     *
     * @param at where the key begins
     * @param value its value
     */
    record Entry(Mark at, Node value) {}
}
