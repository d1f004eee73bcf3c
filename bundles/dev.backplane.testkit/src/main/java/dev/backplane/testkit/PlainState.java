package dev.backplane.testkit;

import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A state record as the plain data that travels between generations: integers are {@code Long}, records are maps. What
 * {@link dev.backplane.api.state.StateVersion} does not allow is refused.
 */
final class PlainState {
    private PlainState() {}

    /** The record as its successor receives it: encoded and decoded, sharing nothing with the original. */
    static <S extends Record> S copy(S state) {
        @SuppressWarnings("unchecked")
        Class<S> type = (Class<S>) state.getClass();
        return type.cast(decode(type, encode(state)));
    }

    /** The contents as text, equal for equal contents. */
    static String render(Record state) {
        return render(encode(state)).toString();
    }

    static Map<String, Object> encode(Record state) {
        Map<String, Object> tree = new LinkedHashMap<>();
        for (RecordComponent component : state.getClass().getRecordComponents()) {
            Object value = plain(component, get(component, state));
            if (value != null) {
                tree.put(component.getName(), value);
            }
        }
        return tree;
    }

    static Record decode(Class<? extends Record> type, Map<String, Object> tree) {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            types[i] = components[i].getType();
            values[i] = typed(components[i].getGenericType(), tree.get(components[i].getName()));
        }
        try {
            Constructor<? extends Record> constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException(type.getSimpleName() + " cannot be made from " + tree, e);
        }
    }

    private static @Nullable Object get(RecordComponent component, Record state) {
        try {
            component.getAccessor().setAccessible(true);
            return component.getAccessor().invoke(state);
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException(component + " cannot be read", e);
        }
    }

    private static @Nullable Object plain(RecordComponent component, @Nullable Object value) {
        return switch (value) {
            case Optional<?> optional -> optional.isEmpty() ? null : plain(component, optional.get());
            case List<?> list ->
                list.stream().map(each -> plain(component, each)).toList();
            case Integer number -> number.longValue();
            case Long number -> number;
            case Boolean flag -> flag;
            case String text -> text;
            case Enum<?> constant -> constant.name();
            case byte[] bytes -> bytes.clone();
            case long[] numbers -> numbers.clone();
            case Record nested -> encode(nested);
            case null -> throw new AssertionError(component + " is null: a state holds no nulls");
            default ->
                throw new AssertionError(component + " holds a "
                        + value.getClass().getName() + ": a state holds plain data only (see StateVersion)");
        };
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static @Nullable Object typed(Type type, @Nullable Object value) {
        if (type instanceof ParameterizedType generic) {
            Type element = generic.getActualTypeArguments()[0];
            if (generic.getRawType() == Optional.class) {
                return value == null ? Optional.empty() : Optional.ofNullable(typed(element, value));
            }
            List<@Nullable Object> list = new ArrayList<>();
            for (Object each : (List<?>) Objects.requireNonNull(value)) {
                list.add(typed(element, each));
            }
            return list;
        }
        Class<?> raw = (Class<?>) type;
        return switch (value) {
            case Long number when raw == int.class || raw == Integer.class -> Math.toIntExact(number);
            case String name when raw.isEnum() -> Enum.valueOf((Class) raw, name);
            case Map<?, ?> fields -> decode((Class<? extends Record>) raw, (Map<String, Object>) fields);
            case null, default -> value;
        };
    }

    private static @Nullable Object render(@Nullable Object value) {
        return switch (value) {
            case byte[] bytes -> HexFormat.of().formatHex(bytes);
            case long[] numbers -> Arrays.toString(numbers);
            case List<?> list -> list.stream().map(PlainState::render).toList();
            case Map<?, ?> fields -> {
                Map<Object, @Nullable Object> rendered = new LinkedHashMap<>();
                fields.forEach((name, each) -> rendered.put(name, render(each)));
                yield rendered;
            }
            case null, default -> value;
        };
    }
}
