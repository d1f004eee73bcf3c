package dev.backplane.kernel.internal.state;

import dev.backplane.api.state.StateException;
import dev.backplane.api.state.StateVersion;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Encodes and decodes the state record of one generation of a plugin; what it knows by reflection goes with that
 * generation. Callable on any thread.
 */
public final class StateCodec {
    /** Made for the first state: there are commands that have none. */
    private static final class Trees {
        static final PlainTree CBOR = PlainTree.cbor();
    }

    private final Class<? extends Record> type;
    private final StateVersion version;
    private final StateFields fields;
    private final String plugin;

    /**
     * A codec.
     *
     * @param type the state record
     * @param plugin symbolic name and version of the plugin, for messages
     * @throws IllegalArgumentException when the record is no state: names the field
     */
    public StateCodec(Class<? extends Record> type, String plugin) {
        StateVersion annotation = type.getAnnotation(StateVersion.class);
        if (annotation == null) {
            throw new IllegalArgumentException(type.getName() + " lacks @StateVersion: tell the vendor of " + plugin);
        }
        this.type = type;
        this.version = annotation;
        this.fields = new StateFields(type);
        this.plugin = plugin;
    }

    /**
     * What the fields mean.
     *
     * @return the schema's name
     */
    public String schema() {
        return version.schema();
    }

    /**
     * The version that it writes.
     *
     * @return of the schema
     */
    public int writes() {
        return version.writes();
    }

    /**
     * Whether it reads what another one writes.
     *
     * @param other of another generation of the plugin, or of another plugin
     * @return false where the schema or the version is not among those that it knows
     */
    public boolean reads(StateCodec other) {
        return version.schema().equals(other.version.schema()) && reads(other.version.writes());
    }

    private boolean reads(int written) {
        return IntStream.of(version.reads()).anyMatch(read -> read == written);
    }

    /**
     * Which versions it reads.
     *
     * @return for people
     */
    public String readable() {
        return versions(version.reads());
    }

    /**
     * Encodes a state.
     *
     * @param state what {@code save} returned
     * @return its encoded form
     * @throws IllegalArgumentException when a component is null
     */
    public EncodedState encode(Record state) {
        return new EncodedState(version.schema(), version.writes(), plugin, Trees.CBOR.write(fields.toFields(state)));
    }

    /**
     * Decodes a state, also one of an older version.
     *
     * @param state its encoded form
     * @return the record
     * @throws StateException when this plugin does not read that version, or a field is wrong
     */
    public Record decode(EncodedState state) throws StateException {
        refuseUnread(state);
        Map<String, Object> values = Trees.CBOR.read(state.cbor());
        if (state.version() != version.writes()) {
            values = upgrade(state.version(), values);
        }
        return (Record) fields.toRecord(type, values, state.schema());
    }

    /**
     * Refuses a state that this plugin does not read, by its schema and version alone.
     *
     * @param state its encoded form
     * @throws StateException when it is of another schema, or of a version that this plugin does not read
     */
    public void refuseUnread(EncodedState state) throws StateException {
        if (!state.schema().equals(version.schema())) {
            throw new StateException("%s wrote a state of schema %s: %s reads schema %s"
                    .formatted(state.writtenBy(), state.schema(), plugin, version.schema()));
        }
        if (!reads(state.version())) {
            throw new StateException(
                    "%s wrote version %d of state %s: %s reads %s: install a version of the plugin that reads %d"
                            .formatted(
                                    state.writtenBy(),
                                    state.version(),
                                    state.schema(),
                                    plugin,
                                    versions(version.reads()),
                                    state.version()));
        }
    }

    private static String versions(int[] reads) {
        String list = Arrays.stream(reads).mapToObj(Integer::toString).collect(Collectors.joining(", "));
        return reads.length == 1 ? "only version " + list : "versions " + list;
    }

    @SuppressWarnings("unchecked")
    private Map<String, Object> upgrade(int from, Map<String, Object> values) throws StateException {
        try {
            Method upgrade = type.getDeclaredMethod("upgrade", int.class, Map.class);
            if (!Modifier.isStatic(upgrade.getModifiers())) {
                throw new NoSuchMethodException("upgrade is not static");
            }
            upgrade.setAccessible(true);
            return (Map<String, Object>) upgrade.invoke(null, from, values);
        } catch (NoSuchMethodException e) {
            throw new StateException(
                    "%s says that it reads version %d of state %s, but %s has no method \"static Map<String, Object> upgrade(int, Map<String, Object>)\""
                            .formatted(plugin, from, version.schema(), type.getName()));
        } catch (InvocationTargetException e) {
            throw new StateException("state %s: %s could not turn version %d into %d: %s"
                    .formatted(
                            version.schema(),
                            plugin,
                            from,
                            version.writes(),
                            e.getCause().getMessage()));
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
