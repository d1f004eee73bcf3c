package dev.backplane.kernel.internal.catalogue;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds the type arguments with which a class implements a generic interface, also through its superclasses. */
final class TypeArguments {
    private TypeArguments() {}

    /**
     * The arguments.
     *
     * @param implementation the class
     * @param target the generic interface
     * @return one class per parameter
     * @throws IllegalArgumentException when an argument is no class
     */
    static List<Class<?>> of(Class<?> implementation, Class<?> target) {
        return search(implementation, Map.of(), target)
                .orElseThrow(() -> new IllegalArgumentException(
                        implementation.getName() + " does not say with which records it implements "
                                + target.getSimpleName() + ": declare it as " + target.getSimpleName()
                                + "<Options, State> with the records' names"));
    }

    private static Optional<List<Class<?>>> search(Type type, Map<TypeVariable<?>, Type> bindings, Class<?> target) {
        Class<?> raw;
        Map<TypeVariable<?>, Type> known = new HashMap<>();
        if (type instanceof ParameterizedType generic) {
            raw = (Class<?>) generic.getRawType();
            for (int i = 0; i < raw.getTypeParameters().length; i++) {
                Type argument = generic.getActualTypeArguments()[i];
                known.put(raw.getTypeParameters()[i], bindings.getOrDefault(argument, argument));
            }
        } else if (type instanceof Class<?> plain) {
            raw = plain;
        } else {
            return Optional.empty();
        }
        if (raw == target) {
            return arguments(raw, known);
        }
        List<Type> parents = new ArrayList<>(List.of(raw.getGenericInterfaces()));
        if (raw.getGenericSuperclass() != null) {
            parents.add(raw.getGenericSuperclass());
        }
        return parents.stream()
                .map(parent -> search(parent, known, target))
                .flatMap(Optional::stream)
                .findFirst();
    }

    private static Optional<List<Class<?>>> arguments(Class<?> target, Map<TypeVariable<?>, Type> known) {
        List<Class<?>> arguments = new ArrayList<>();
        for (TypeVariable<?> parameter : target.getTypeParameters()) {
            if (!(known.get(parameter) instanceof Class<?> argument)) {
                return Optional.empty();
            }
            arguments.add(argument);
        }
        return Optional.of(arguments);
    }
}
