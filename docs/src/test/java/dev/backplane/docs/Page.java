package dev.backplane.docs;

import dev.backplane.api.part.Live;
import dev.backplane.api.part.Option;
import dev.backplane.api.state.StateVersion;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The reference page of a type. */
final class Page {
    private static final String API = "dev.backplane.api.";
    private static final String REFERENCE = "Ref";
    private static final long KIB = 1024;

    private final Offered offered;
    private final StringBuilder text = new StringBuilder();
    /** Maps within the options, by where they stand. Each gets a table of its own. */
    private final Map<String, Class<?>> nested = new LinkedHashMap<>();

    private Page(Offered offered) {
        this.offered = offered;
    }

    static String of(Offered offered) {
        return new Page(offered).write();
    }

    private String write() {
        text.append("# ").append(offered.type()).append('\n');
        text.append("A ")
                .append(offered.kind())
                .append(" type of `")
                .append(offered.bundle())
                .append("`: ");
        text.append(offered.description()).append(".\n\n");
        if (offered.options().getRecordComponents().length == 0) {
            text.append("It has no options.\n");
        } else {
            table(offered.options(), "");
        }
        while (!nested.isEmpty()) {
            String where = nested.keySet().iterator().next();
            Class<?> type = nested.remove(where);
            text.append("\n## ").append(where).append('\n');
            table(type, where + ".");
        }
        creation();
        state();
        return text.toString();
    }

    private void table(Class<?> options, String where) {
        text.append("| option | value | default | |\n|---|---|---|---|\n");
        for (RecordComponent component : options.getRecordComponents()) {
            Option option = component.getAnnotation(Option.class);
            if (option == null || option.value().isBlank()) {
                throw new AssertionError("%s.%s of %s has no description: give it an @Option"
                        .formatted(options.getSimpleName(), component.getName(), offered.bundle()));
            }
            String name = component.getName();
            text.append("| `").append(name).append("` | ");
            text.append(cell(value(component.getGenericType(), option, where + name)))
                    .append(" | ");
            text.append(byDefault(component, option)).append(" | ");
            text.append(cell(option.value()));
            text.append(component.isAnnotationPresent(Live.class) ? " Can change while the machine runs." : "");
            text.append(" |\n");
        }
    }

    private static String cell(String words) {
        return words.replace("|", "\\|").replace("\n", " ");
    }

    private static String byDefault(RecordComponent component, Option option) {
        if (!option.byDefault().isEmpty()) {
            return "`" + option.byDefault() + "`";
        }
        return component.getType() == Optional.class ? "none" : "required";
    }

    private String value(Type type, Option option, String where) {
        if (type instanceof ParameterizedType generic) {
            Type argument = generic.getActualTypeArguments()[0];
            boolean isList = generic.getRawType() == List.class;
            return isList ? "list: each " + value(argument, option, where + "[]") : value(argument, option, where);
        }
        Class<?> raw = (Class<?>) type;
        String scalar = scalar(raw, option);
        if (scalar != null) {
            return scalar;
        }
        String name = raw.getSimpleName();
        if (raw.getName().startsWith(API) && name.endsWith(REFERENCE)) {
            String kind = name.substring(0, name.length() - REFERENCE.length()).toLowerCase(Locale.ROOT);
            return "a " + kind + " type, or a map with `type` and its options";
        }
        if (raw.isRecord()) {
            nested.put(where, raw);
            return "map, see [" + where + "](#"
                    + where.replaceAll("[^A-Za-z0-9]", "").toLowerCase(Locale.ROOT) + ")";
        }
        throw new AssertionError(where + " of " + offered.type() + " is of a type that no binder knows: " + raw);
    }

    /** A single value; null for a map. */
    private static @Nullable String scalar(Class<?> type, Option option) {
        if (type == boolean.class || type == Boolean.class) {
            return "`true` or `false`";
        }
        if (type == String.class) {
            return "text";
        }
        if (type == Path.class) {
            return "path";
        }
        if (type == Duration.class) {
            return "duration, for instance `500ms`";
        }
        if (type.isEnum()) {
            return Arrays.stream(type.getEnumConstants())
                    .map(constant -> "`"
                            + ((Enum<?>) constant)
                                    .name()
                                    .toLowerCase(Locale.ROOT)
                                    .replace('_', '-') + "`")
                    .collect(Collectors.joining(", "));
        }
        boolean isInt = type == int.class || type == Integer.class;
        return isInt || type == long.class || type == Long.class ? number(option, isInt) : null;
    }

    private static String number(Option option, boolean isInt) {
        boolean bytes = option.unit() == Option.Unit.BYTES;
        boolean open = option.max() == Long.MAX_VALUE || isInt && option.max() >= Integer.MAX_VALUE;
        List<String> words = new ArrayList<>();
        words.add(
                switch (option.unit()) {
                    case NONE -> "number";
                    case BYTES -> "bytes";
                    case PERCENT -> "per cent";
                });
        if (option.min() != 0 || !open) {
            words.add("from " + amount(option.min(), bytes));
        }
        if (!open) {
            words.add("to " + amount(option.max(), bytes));
        }
        return String.join(" ", words);
    }

    /** As a VM file would say it. */
    private static String amount(long value, boolean bytes) {
        String[] units = {"", "KiB", "MiB", "GiB", "TiB"};
        int unit = 0;
        long rest = value;
        while (bytes && rest != 0 && rest % KIB == 0 && unit < units.length - 1) {
            rest /= KIB;
            unit++;
        }
        return rest + units[unit];
    }

    private void creation() {
        offered.creation().filter(type -> type.getRecordComponents().length > 0).ifPresent(type -> {
            text.append("\n## A new image\n");
            text.append(
                    "With `-o NAME=VALUE,...` of `disk create` and `disk convert`, also in QEMU's spelling (`cluster_size`).\n\n");
            table(type, "");
        });
    }

    private void state() {
        offered.state().map(type -> type.getAnnotation(StateVersion.class)).ifPresent(version -> {
            String reads =
                    Arrays.stream(version.reads()).mapToObj(Integer::toString).collect(Collectors.joining(", "));
            text.append("\nState: `%s`, writes version %d, reads %s.\n"
                    .formatted(version.schema(), version.writes(), reads));
        });
    }
}
