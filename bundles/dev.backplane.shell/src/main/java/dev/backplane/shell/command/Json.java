package dev.backplane.shell.command;

import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes plain values as JSON (RFC 8259), indented by four as qemu-img does: maps, collections, numbers, truth values and null; anything else by
 * its text.
 */
public final class Json {
    private static final String STEP = "    ";

    private Json() {}

    /**
     * On lines of its own.
     *
     * @param value the value
     * @return with a line's end
     */
    public static String text(@Nullable Object value) {
        StringBuilder out = new StringBuilder();
        write(out, value, "");
        return out.append('\n').toString();
    }

    /**
     * On one line.
     *
     * @param map of plain values
     * @return without a line's end
     */
    public static String line(Map<String, Object> map) {
        StringBuilder out = new StringBuilder("{");
        map.forEach((key, value) -> {
            out.append(out.length() == 1 ? " " : ", ");
            quote(out, key);
            out.append(": ");
            write(out, value, "");
        });
        return out.append("}").toString();
    }

    private static void write(StringBuilder out, @Nullable Object value, String indent) {
        switch (value) {
            case null -> out.append("null");
            case Map<?, ?> map -> write(out, map, indent);
            case Collection<?> list -> write(out, list, indent);
            case Boolean truth -> out.append(truth);
            case Number number -> out.append(number);
            default -> quote(out, value.toString());
        }
    }

    private static void write(StringBuilder out, Map<?, ?> map, String indent) {
        out.append('{');
        String separator = "\n";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            out.append(separator).append(indent).append(STEP);
            quote(out, String.valueOf(entry.getKey()));
            out.append(": ");
            write(out, entry.getValue(), indent + STEP);
            separator = ",\n";
        }
        out.append(map.isEmpty() ? "" : "\n" + indent).append('}');
    }

    private static void write(StringBuilder out, Collection<?> list, String indent) {
        out.append('[');
        for (Iterator<?> items = list.iterator(); items.hasNext(); ) {
            out.append('\n').append(indent).append(STEP);
            write(out, items.next(), indent + STEP);
            out.append(items.hasNext() ? "," : "\n" + indent);
        }
        out.append(']');
    }

    private static void quote(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> out.append('\\').append(c);
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                case '\r' -> out.append("\\r");
                default -> {
                    if (c < ' ' || Character.isSurrogate(c) && !paired(text, i)) {
                        out.append("\\u%04x".formatted((int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    private static boolean paired(String text, int at) {
        return Character.isHighSurrogate(text.charAt(at))
                ? at + 1 < text.length() && Character.isLowSurrogate(text.charAt(at + 1))
                : at > 0 && Character.isHighSurrogate(text.charAt(at - 1));
    }
}
