package dev.backplane.kernel.internal.file;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Option;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The reflection of one options record. Belongs to the generation of the plugin that it was made from, and goes with it.
 *
 * @param <R> the record
 */
final class OptionSchema<R extends Record> {
    /**
     * A component.
     *
     * @param type its generic type
     * @param option its annotation, if it has one
     * @param byDefault its default, already parsed, or null
     */
    record Key(Type type, @Nullable Option option, @Nullable Node byDefault) {}

    private final Constructor<R> constructor;
    private final Map<String, Key> keys = new LinkedHashMap<>();

    OptionSchema(Class<R> type) throws ConfigurationException {
        RecordComponent[] components = type.getRecordComponents();
        try {
            constructor = type.getDeclaredConstructor(
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
            constructor.setAccessible(true);
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException(type.getName() + " has no canonical constructor", e);
        }
        for (RecordComponent component : components) {
            Option option = component.getAnnotation(Option.class);
            Node byDefault = option == null || option.byDefault().isEmpty()
                    ? null
                    : YamlTree.read("default of " + component.getName(), option.byDefault());
            keys.put(component.getName(), new Key(component.getGenericType(), option, byDefault));
        }
    }

    Map<String, Key> keys() {
        return keys;
    }

    /** Makes the record. The message of a compact constructor's exception becomes the problem. */
    R make(Object[] values, Mark at, String path) throws ConfigurationException {
        try {
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            // Only the text is kept: the cause may be of the plugin's classes.
            String message = String.valueOf(e.getCause().getMessage());
            throw new ConfigurationException(at.prefix() + path + ": " + message);
        } catch (InstantiationException | IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
