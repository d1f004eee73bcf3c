package dev.backplane.kernel.internal.file;

import dev.backplane.api.console.ConsoleRef;
import dev.backplane.api.network.NetworkRef;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Option;
import dev.backplane.api.storage.StorageRef;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Binds maps of a VM file to options records. One binder serves one generation of one plugin: what it has learnt by
 * reflection goes with it. Callable on any thread.
 */
public final class OptionBinder {
    /** What protocols call it that nothing is written. */
    private static final String READ_ONLY = "readOnly";

    private final Map<Class<?>, OptionSchema<?>> schemas = new ConcurrentHashMap<>();

    /**
     * Binds a map.
     *
     * @param <R> the record
     * @param type its class
     * @param map the values
     * @param path what messages call the map; empty for the file itself
     * @param scope what they are bound against
     * @param others keys of the same map that somebody else reads, for messages
     * @return the record
     * @throws ConfigurationException with the place, the key and what was expected
     */
    public <R extends Record> R bind(Class<R> type, Node.Mapping map, String path, Scope scope, String... others)
            throws ConfigurationException {
        OptionSchema<R> schema = schema(type);
        refuseUnknown(map, schema.keys().keySet(), path, others);
        Object[] values = new Object[schema.keys().size()];
        int index = 0;
        for (Map.Entry<String, OptionSchema.Key> key : schema.keys().entrySet()) {
            String name = key.getKey();
            String where = path.isEmpty() ? name : path + "." + name;
            Node.@Nullable Entry entry = map.entries().get(name);
            values[index++] = component(key.getValue(), name, entry, map.at(), where, scope);
        }
        return schema.make(values, map.at(), path.isEmpty() ? "VM file" : path);
    }

    @SuppressWarnings("unchecked")
    private <R extends Record> OptionSchema<R> schema(Class<R> type) throws ConfigurationException {
        OptionSchema<?> known = schemas.get(type);
        if (known == null) {
            known = new OptionSchema<>(type);
            schemas.put(type, known);
        }
        return (OptionSchema<R>) known;
    }

    private static void refuseUnknown(Node.Mapping map, Set<String> own, String path, String... others)
            throws ConfigurationException {
        Set<String> known = new LinkedHashSet<>(List.of(others));
        known.addAll(own);
        for (Map.Entry<String, Node.Entry> entry : map.entries().entrySet()) {
            if (!known.contains(entry.getKey())) {
                String where = path.isEmpty() ? entry.getKey() : path + "." + entry.getKey();
                throw new ConfigurationException("%s%s: unknown key%s Known here: %s"
                        .formatted(
                                entry.getValue().at().prefix(),
                                where,
                                Spelling.nearest(entry.getKey(), known)
                                        .map(near -> "; did you mean \"" + near + "\"?")
                                        .orElse("."),
                                known.isEmpty() ? "no keys" : String.join(", ", known)));
            }
        }
    }

    private @Nullable Object component(
            OptionSchema.Key key, String name, Node.@Nullable Entry entry, Mark map, String path, Scope scope)
            throws ConfigurationException {
        Node node = entry != null ? entry.value() : byDefault(key, name, map, scope);
        if (node != null) {
            return convert(key.type(), key.option(), node, name, path, scope);
        }
        if (key.type() instanceof ParameterizedType generic && generic.getRawType() == Optional.class) {
            return Optional.empty();
        }
        String about = key.option() == null ? "" : ". " + key.option().value();
        throw new ConfigurationException("%s%s: missing: expected %s%s"
                .formatted(map.prefix(), path, expected(key.type(), key.option()), about));
    }

    /** A disk that others stand on is opened for reading, unless the file says otherwise. */
    private static @Nullable Node byDefault(OptionSchema.Key key, String name, Mark map, Scope scope) {
        return name.equals(READ_ONLY) && key.type() == boolean.class && scope.isBacking()
                ? new Node.Scalar(map, "true", false)
                : key.byDefault();
    }

    private Object convert(Type type, @Nullable Option option, Node node, String name, String path, Scope scope)
            throws ConfigurationException {
        if (type instanceof ParameterizedType generic) {
            Type argument = generic.getActualTypeArguments()[0];
            if (generic.getRawType() == Optional.class) {
                return Optional.of(convert(argument, option, node, name, path, scope));
            }
            if (generic.getRawType() == List.class) {
                return list(argument, option, node, name, path, scope);
            }
        }
        if (type == ConsoleRef.class) {
            return new ConsoleRef(referred("console", node, name, path, scope));
        }
        if (type == NetworkRef.class) {
            return new NetworkRef(referred("network", node, name, path, scope));
        }
        if (type == StorageRef.class) {
            PartSpec spec = PartReader.storage(scope.id() + "." + name, node, path);
            scope.add(spec);
            return new StorageRef(spec.id());
        }
        if (type instanceof Class<?> raw && raw.isRecord()) {
            return bind(
                    raw.asSubclass(Record.class),
                    PartReader.mapping(node, path, expected(type, option)),
                    path,
                    scope.within(name));
        }
        if (type instanceof Class<?> raw && Scalars.handles(raw)) {
            return scalar(raw, option, node, path, scope);
        }
        throw new ConfigurationException(
                "%s%s: the plugin declares this option with the unsupported type %s: tell its vendor"
                        .formatted(node.at().prefix(), path, type.getTypeName()));
    }

    private static Object scalar(Class<?> type, @Nullable Option option, Node node, String path, Scope scope)
            throws ConfigurationException {
        if (node instanceof Node.Scalar scalar && !scalar.isNull()) {
            Optional<Object> value = Scalars.parse(type, option, scalar, scope.folder());
            if (value.isPresent()) {
                return value.get();
            }
            String hint = type.isEnum() ? Spelling.hint(scalar.text(), Scalars.constants(type)) : "";
            throw new ConfigurationException("%s%s: \"%s\": expected %s%s"
                    .formatted(
                            node.at().prefix(), path, shortened(scalar.text()), Scalars.expected(type, option), hint));
        }
        String given = node instanceof Node.Scalar ? "no value" : node instanceof Node.Sequence ? "a list" : "a map";
        throw new ConfigurationException(
                "%s%s: %s: expected %s".formatted(node.at().prefix(), path, given, Scalars.expected(type, option)));
    }

    private static String shortened(String text) {
        return text.length() <= 80 ? text : text.substring(0, 77) + "...";
    }

    private List<Object> list(Type type, @Nullable Option option, Node node, String name, String path, Scope scope)
            throws ConfigurationException {
        if (!(node instanceof Node.Sequence sequence)) {
            throw new ConfigurationException(
                    "%s%s: expected a list of %s".formatted(node.at().prefix(), path, expected(type, option)));
        }
        List<Object> values = new ArrayList<>();
        for (Node item : sequence.items()) {
            int index = values.size();
            values.add(convert(type, option, item, name + index, path + "[" + index + "]", scope));
        }
        return List.copyOf(values);
    }

    private static String referred(String kind, Node node, String name, String path, Scope scope)
            throws ConfigurationException {
        PartSpec spec = PartReader.referred(kind, scope.id() + "." + name, node, path);
        scope.add(spec);
        return spec.id();
    }

    private static String expected(Type type, @Nullable Option option) {
        if (type instanceof ParameterizedType generic) {
            String argument = expected(generic.getActualTypeArguments()[0], option);
            return generic.getRawType() == List.class ? "a list of " + argument : argument;
        }
        if (type == ConsoleRef.class) {
            return "the name of a console type, or a map with type and its options";
        }
        if (type == NetworkRef.class) {
            return "the name of a network type, or a map with type and its options";
        }
        if (type == StorageRef.class) {
            return "a map with the type of a format, protocol or filter and its options, or {format: TYPE, file: PATH}";
        }
        if (type instanceof Class<?> raw && raw.isRecord()) {
            return Arrays.stream(raw.getRecordComponents())
                    .map(RecordComponent::getName)
                    .collect(Collectors.joining(", ", "a map with ", ""));
        }
        return type instanceof Class<?> raw && Scalars.handles(raw) ? Scalars.expected(raw, option) : "a map";
    }
}
