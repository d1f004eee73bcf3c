package dev.backplane.kernel.internal.file;

import dev.backplane.api.part.Option;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Turns the text of one scalar into a value. Says what it expected where it cannot. */
final class Scalars {
    private static final Pattern NUMBER =
            Pattern.compile("(-?)(0[xX][0-9a-fA-F]{1,16}|[0-9]{1,19})(?: ?([A-Za-z]+|%))?");
    private static final Pattern TIME = Pattern.compile("([0-9]{1,15}) ?(ns|us|ms|s|min|h)");
    private static final Map<String, Integer> SHIFTS = Map.of("B", 0, "KiB", 10, "MiB", 20, "GiB", 30, "TiB", 40);
    private static final Map<String, Long> NANOS = Map.of(
            "ns",
            1L,
            "us",
            1_000L,
            "ms",
            1_000_000L,
            "s",
            1_000_000_000L,
            "min",
            60_000_000_000L,
            "h",
            3_600_000_000_000L);

    private Scalars() {}

    /** Whether a type is written as one scalar. */
    static boolean handles(Class<?> type) {
        return type == boolean.class
                || type == Boolean.class
                || integral(type)
                || type == String.class
                || type == Path.class
                || type == Duration.class
                || type.isEnum();
    }

    private static boolean integral(Class<?> type) {
        return type == int.class || type == Integer.class || type == long.class || type == Long.class;
    }

    /** The value, or nothing where the text is not what was expected. */
    static Optional<Object> parse(Class<?> type, @Nullable Option option, Node.Scalar scalar, Path folder) {
        String text = scalar.text();
        if (type == String.class) {
            return Optional.of(text);
        }
        if (type == boolean.class || type == Boolean.class) {
            return switch (text) {
                case "true", "yes", "on" -> Optional.of(true);
                case "false", "no", "off" -> Optional.of(false);
                default -> Optional.empty();
            };
        }
        if (integral(type)) {
            boolean wide = type == long.class || type == Long.class;
            return number(text, option, wide).map(value -> wide ? (Object) value : (Object) value.intValue());
        }
        if (type == Path.class) {
            return path(text, folder);
        }
        if (type == Duration.class) {
            return duration(text);
        }
        return Arrays.stream((Object[]) type.getEnumConstants())
                .filter(constant -> written((Enum<?>) constant).equals(text))
                .findFirst();
    }

    /** What a value of this type must look like. */
    static String expected(Class<?> type, @Nullable Option option) {
        if (type == String.class) {
            return "text";
        }
        if (type == boolean.class || type == Boolean.class) {
            return "true or false";
        }
        if (integral(type)) {
            return expectedNumber(type == long.class || type == Long.class, option);
        }
        if (type == Path.class) {
            return "a path";
        }
        if (type == Duration.class) {
            return "a duration such as 500ms, 2s or 5min";
        }
        return "one of " + String.join(", ", constants(type));
    }

    /** The constants of an enum as they are written. */
    static List<String> constants(Class<?> type) {
        return Arrays.stream(type.getEnumConstants())
                .map(constant -> written((Enum<?>) constant))
                .collect(Collectors.toList());
    }

    private static String written(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String expectedNumber(boolean wide, @Nullable Option option) {
        long min = min(option);
        long max = max(option, wide);
        if (unit(option) == Option.Unit.PERCENT) {
            return "per cent such as 50%%, from %d%% to %d%%".formatted(min, max);
        }
        String unbounded = max == Long.MAX_VALUE || max == Integer.MAX_VALUE ? " from " + min : null;
        if (unit(option) == Option.Unit.BYTES) {
            String most = max == Long.MAX_VALUE || max == Integer.MAX_VALUE ? "" : " to " + size(max);
            return "a size in bytes such as 256MiB, from " + size(min) + most;
        }
        return "a number" + (unbounded != null ? unbounded : " from %s to %s".formatted(number(min), number(max)));
    }

    /** In the largest unit that has no fraction. */
    private static String size(long bytes) {
        return SHIFTS.entrySet().stream()
                .filter(unit -> unit.getValue() > 0 && bytes >= 1L << unit.getValue())
                .filter(unit -> Long.numberOfTrailingZeros(bytes) >= unit.getValue())
                .max(Map.Entry.comparingByValue())
                .map(unit -> (bytes >> unit.getValue()) + unit.getKey())
                .orElse(Long.toString(bytes));
    }

    /** Ports and addresses are read in hexadecimal. */
    private static String number(long value) {
        return value > 9999 ? "%d (0x%x)".formatted(value, value) : Long.toString(value);
    }

    private static Option.Unit unit(@Nullable Option option) {
        return option == null ? Option.Unit.NONE : option.unit();
    }

    private static long min(@Nullable Option option) {
        return option == null ? 0 : option.min();
    }

    private static long max(@Nullable Option option, boolean wide) {
        long limit = wide ? Long.MAX_VALUE : Integer.MAX_VALUE;
        return option == null ? limit : Math.min(limit, option.max());
    }

    private static Optional<Long> number(String text, @Nullable Option option, boolean wide) {
        Matcher matcher = NUMBER.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        String unit = matcher.group(3);
        Integer shift = unit == null
                ? Integer.valueOf(0)
                : switch (unit(option)) {
                    case NONE -> null;
                    case BYTES -> SHIFTS.get(unit);
                    case PERCENT -> unit.equals("%") ? Integer.valueOf(0) : null;
                };
        if (shift == null) {
            return Optional.empty();
        }
        try {
            String digits = matcher.group(2);
            long plain = digits.length() > 2 && Character.toLowerCase(digits.charAt(1)) == 'x'
                    ? Long.parseLong(digits.substring(2), 16)
                    : Long.parseLong(digits);
            long value =
                    Math.multiplyExact(plain, 1L << shift) * (matcher.group(1).isEmpty() ? 1 : -1);
            return value < min(option) || value > max(option, wide) ? Optional.empty() : Optional.of(value);
        } catch (ArithmeticException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static Optional<Object> path(String text, Path folder) {
        try {
            return text.isEmpty()
                    ? Optional.empty()
                    : Optional.of(folder.resolve(text).normalize());
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    private static Optional<Object> duration(String text) {
        Matcher matcher = TIME.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(Duration.ofNanos(
                    Math.multiplyExact(Long.parseLong(matcher.group(1)), NANOS.get(matcher.group(2)))));
        } catch (ArithmeticException e) {
            return Optional.empty();
        }
    }
}
