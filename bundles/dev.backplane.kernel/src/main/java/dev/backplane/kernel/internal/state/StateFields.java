package dev.backplane.kernel.internal.state;

import dev.backplane.api.state.StateException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a state record and of the records in it, between objects and plain values: integers are {@code Long},
 * records maps, enums their names, {@code long[]} lists, an empty {@code Optional} a missing field.
 */
final class StateFields {
    private record Shape(Constructor<?> constructor, RecordComponent[] components) {}

    /** Where a value stands: made for each, since a state may have thousands, and written out for an error alone. */
    private record Place(@Nullable Place within, String name, int index) {
        Place field(String field) {
            return new Place(this, field, -1);
        }

        Place item(int at) {
            return new Place(this, "", at);
        }

        @Override
        public String toString() {
            return within == null ? name : index < 0 ? within + "." + name : within + "[" + index + "]";
        }
    }

    private final Map<Class<?>, Shape> shapes = new HashMap<>();

    /**
     * Learns a record by reflection.
     *
     * @throws IllegalArgumentException when it holds something that is no plain data
     */
    StateFields(Class<? extends Record> root) {
        learn(root);
    }

    private void learn(Class<?> type) {
        if (shapes.containsKey(type)) {
            return;
        }
        RecordComponent[] components = type.getRecordComponents();
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
            constructor.setAccessible(true);
            shapes.put(type, new Shape(constructor, components));
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException(type.getName() + " has no canonical constructor", e);
        }
        for (RecordComponent component : components) {
            component.getAccessor().setAccessible(true);
            check(component.getGenericType(), type.getSimpleName() + "." + component.getName(), true);
        }
    }

    private void check(Type type, String field, boolean optionalAllowed) {
        if (type instanceof ParameterizedType generic) {
            boolean optional = generic.getRawType() == Optional.class;
            if (generic.getRawType() == List.class || optional && optionalAllowed) {
                check(generic.getActualTypeArguments()[0], field, false);
                return;
            }
        } else if (type instanceof Class<?> raw) {
            if (raw.isRecord()) {
                learn(raw);
                return;
            }
            if (plain(raw)) {
                return;
            }
        }
        throw new IllegalArgumentException(
                "%s: %s is no plain data: expected boolean, int, long, String, an enum, byte[], long[], a record, a List or an Optional of these"
                        .formatted(field, type.getTypeName()));
    }

    private static boolean plain(Class<?> type) {
        return type == boolean.class
                || type == Boolean.class
                || type == int.class
                || type == Integer.class
                || type == long.class
                || type == Long.class
                || type == String.class
                || type == byte[].class
                || type == long[].class
                || type.isEnum();
    }

    Map<String, Object> toFields(Record state) {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (RecordComponent component : shape(state.getClass()).components()) {
            Object value;
            try {
                value = component.getAccessor().invoke(state);
            } catch (IllegalAccessException | InvocationTargetException e) {
                throw new IllegalStateException(component + ": " + e);
            }
            if (value == null) {
                throw new IllegalArgumentException(
                        state.getClass().getSimpleName() + "." + component.getName() + " is null");
            }
            Object content = value instanceof Optional<?> optional ? optional.orElse(null) : value;
            if (content != null) {
                fields.put(component.getName(), toPlain(content));
            }
        }
        return fields;
    }

    private Shape shape(Class<?> type) {
        Shape shape = shapes.get(type);
        if (shape == null) {
            throw new IllegalArgumentException("unexpected record " + type.getName());
        }
        return shape;
    }

    private Object toPlain(Object value) {
        return switch (value) {
            case Integer number -> number.longValue();
            case Enum<?> constant -> constant.name();
            case long[] numbers -> {
                List<Object> list = new ArrayList<>(numbers.length);
                for (long number : numbers) {
                    list.add(number);
                }
                yield list;
            }
            case List<?> list -> list.stream().map(this::toPlain).toList();
            case Record record -> toFields(record);
            case byte[] bytes -> bytes.clone();
            default -> value;
        };
    }

    Object toRecord(Class<?> type, Map<String, Object> fields, String path) throws StateException {
        return toRecord(type, fields, new Place(null, path, -1));
    }

    private Object toRecord(Class<?> type, Map<String, Object> fields, Place place) throws StateException {
        Shape shape = shape(type);
        Object[] values = new Object[shape.components().length];
        int found = 0;
        for (int i = 0; i < values.length; i++) {
            String name = shape.components()[i].getName();
            Object value = fields.get(name);
            found += value != null || fields.containsKey(name) ? 1 : 0;
            values[i] = fromPlain(shape.components()[i].getGenericType(), value, place.field(name));
        }
        if (found < fields.size()) {
            throw new StateException(place + ": unknown field " + unknown(shape, fields));
        }
        try {
            return shape.constructor().newInstance(values);
        } catch (InvocationTargetException e) {
            throw new StateException(place + ": " + e.getCause().getMessage());
        } catch (InstantiationException | IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String unknown(Shape shape, Map<String, Object> fields) {
        Set<String> names = new HashSet<>(fields.keySet());
        for (RecordComponent component : shape.components()) {
            names.remove(component.getName());
        }
        return names.iterator().next();
    }

    private Object fromPlain(Type type, @Nullable Object value, Place place) throws StateException {
        if (type instanceof ParameterizedType generic) {
            Type argument = generic.getActualTypeArguments()[0];
            if (generic.getRawType() == Optional.class) {
                return value == null ? Optional.empty() : Optional.of(fromPlain(argument, value, place));
            }
            List<Object> items = new ArrayList<>();
            for (Object item : cast(List.class, value, "a list", place)) {
                items.add(fromPlain(argument, item, place.item(items.size())));
            }
            return List.copyOf(items);
        }
        Class<?> raw = (Class<?>) type;
        if (raw.isRecord()) {
            @SuppressWarnings("unchecked")
            Map<String, Object> fields = cast(Map.class, value, "a map", place);
            return toRecord(raw, fields, place);
        }
        if (raw == int.class || raw == Integer.class) {
            long number = cast(Long.class, value, "an integer", place);
            if (number != (int) number) {
                throw new StateException("%s: %d does not fit an int".formatted(place, number));
            }
            return (int) number;
        }
        if (raw == long[].class) {
            List<?> list = cast(List.class, value, "a list of integers", place);
            long[] numbers = new long[list.size()];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = cast(Long.class, list.get(i), "an integer", place.item(i));
            }
            return numbers;
        }
        if (raw.isEnum()) {
            String name = cast(String.class, value, "a name", place);
            Object[] constants = raw.getEnumConstants();
            for (Object constant : constants) {
                if (((Enum<?>) constant).name().equals(name)) {
                    return constant;
                }
            }
            throw new StateException("%s: \"%s\" is none of %s".formatted(place, name, Arrays.toString(constants)));
        }
        if (raw == boolean.class || raw == Boolean.class) {
            return cast(Boolean.class, value, "a boolean", place);
        }
        if (raw == long.class || raw == Long.class) {
            return cast(Long.class, value, "an integer", place);
        }
        return raw == String.class
                ? cast(String.class, value, "text", place)
                : cast(byte[].class, value, "bytes", place).clone();
    }

    private static <T> T cast(Class<T> type, @Nullable Object value, String expected, Place place)
            throws StateException {
        if (type.isInstance(value)) {
            return type.cast(value);
        }
        String given = value == null
                ? "missing"
                : "of the wrong type (" + value.getClass().getSimpleName() + ")";
        throw new StateException("%s: %s: expected %s".formatted(place, given, expected));
    }
}
