package dev.backplane.kernel.internal.file;

import dev.backplane.api.part.ConfigurationException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.VersionRange;

/** Reads the keys that every part has: {@code type}, {@code id}, {@code version}. The rest are the part's own options. */
public final class PartReader {
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,62}");

    private static final String FILTERS = "filters";
    private static final String ON = "on";

    private PartReader() {}

    /** A part with an identifier of its own, in a list. Messages name it by that; where it has none, by its place. */
    static PartSpec identified(String kind, Node node, String path) throws ConfigurationException {
        Node.Mapping map = mapping(node, path, "a map with type, id and the options of that type");
        Node.Scalar id = scalar(map, "id", path);
        if (!ID.matcher(id.text()).matches()) {
            throw new ConfigurationException(
                    "%s%s.id: \"%s\" is no identifier: expected letters, digits, - and _, at most 63"
                            .formatted(id.at().prefix(), path, id.text()));
        }
        return part(kind, id.text(), map, id.text());
    }

    /** A part that another one, or the machine, refers to: the name of a type, or a map. */
    static PartSpec referred(String kind, String id, Node node, String path) throws ConfigurationException {
        return part(kind, id, expand(node, path), path);
    }

    /** Turns the short form, a type's name, into the long one. */
    static Node.Mapping expand(Node node, String path) throws ConfigurationException {
        if (node instanceof Node.Scalar scalar && !scalar.isNull()) {
            Map<String, Node.Entry> entries = new LinkedHashMap<>();
            entries.put("type", new Node.Entry(scalar.at(), scalar));
            return new Node.Mapping(scalar.at(), entries);
        }
        return mapping(node, path, "the name of a type, or a map with type and its options");
    }

    /**
     * A layer of a disk.
     *
     * @param id the bay's identifier
     * @param node a map with a type, or {@code {format: F, file: PATH}}; either may have a list of {@code filters}
     * @param path what messages call it
     * @return the layer
     * @throws ConfigurationException when it is neither
     */
    public static PartSpec storage(String id, Node node, String path) throws ConfigurationException {
        Node.Mapping map = mapping(node, path, "a map with type and its options, or {format: TYPE, file: PATH}");
        Node.@Nullable Entry filters = map.entries().get(FILTERS);
        if (filters != null) {
            return storage(id, filtered(map.without(FILTERS), filters, path + "." + FILTERS), path);
        }
        Node.@Nullable Entry format = map.entries().get("format");
        Node.@Nullable Entry file = map.entries().get("file");
        if (format == null || file == null || map.entries().containsKey("type")) {
            return part("storage", id, map, path);
        }
        Map<String, Node.Entry> below = new LinkedHashMap<>();
        below.put("type", new Node.Entry(file.at(), new Node.Scalar(file.at(), "file", false)));
        below.put("path", file);
        Map<String, Node.Entry> entries = new LinkedHashMap<>();
        entries.put("type", format);
        entries.putAll(map.without("format", "file").entries());
        entries.put(ON, new Node.Entry(file.at(), new Node.Mapping(file.at(), below)));
        return part("storage", id, new Node.Mapping(map.at(), entries), path);
    }

    /** A disk with filters before it: the first of the list is what its user sees, each stands on the next. */
    private static Node.Mapping filtered(Node.Mapping disk, Node.Entry filters, String path)
            throws ConfigurationException {
        if (!(filters.value() instanceof Node.Sequence list)) {
            throw new ConfigurationException(
                    "%s%s: expected a list of filters, each a type or a map with type and its options"
                            .formatted(filters.value().at().prefix(), path));
        }
        Node.Mapping below = disk;
        for (int i = list.items().size() - 1; i >= 0; i--) {
            String where = path + "[" + i + "]";
            Node.Mapping filter = expand(list.items().get(i), where);
            scalar(filter, "type", where);
            Node.@Nullable Entry on = filter.entries().get(ON);
            if (on != null) {
                throw new ConfigurationException(
                        "%s%s.on: leave this out: a filter in the list stands on the next one, and the last on the disk"
                                .formatted(on.at().prefix(), where));
            }
            Map<String, Node.Entry> entries = new LinkedHashMap<>(filter.entries());
            entries.put(ON, new Node.Entry(below.at(), below));
            below = new Node.Mapping(filter.at(), entries);
        }
        return below;
    }

    private static PartSpec part(String kind, String id, Node.Mapping map, String path) throws ConfigurationException {
        Node.Scalar type = scalar(map, "type", path);
        return new PartSpec(
                id, kind, type.text(), type.at(), version(map, path), path, map.without("type", "id", "version"));
    }

    private static Optional<VersionRange> version(Node.Mapping map, String path) throws ConfigurationException {
        if (!map.entries().containsKey("version")) {
            return Optional.empty();
        }
        Node.Scalar version = scalar(map, "version", path);
        try {
            return Optional.of(VersionRange.valueOf(version.text()));
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(
                    "%s%s.version: \"%s\" is no range of versions: expected for instance \"[1.2,1.3)\""
                            .formatted(version.at().prefix(), path, version.text()));
        }
    }

    static Node.Mapping mapping(Node node, String path, String expected) throws ConfigurationException {
        if (node instanceof Node.Mapping map) {
            return map;
        }
        throw new ConfigurationException("%s%s: expected %s".formatted(node.at().prefix(), path, expected));
    }

    private static Node.Scalar scalar(Node.Mapping map, String key, String path) throws ConfigurationException {
        Node.@Nullable Entry entry = map.entries().get(key);
        if (entry == null) {
            throw new ConfigurationException(
                    "%s%s.%s: missing".formatted(map.at().prefix(), path, key));
        }
        if (entry.value() instanceof Node.Scalar scalar && !scalar.isNull()) {
            return scalar;
        }
        throw new ConfigurationException(
                "%s%s.%s: expected a word".formatted(entry.value().at().prefix(), path, key));
    }
}
