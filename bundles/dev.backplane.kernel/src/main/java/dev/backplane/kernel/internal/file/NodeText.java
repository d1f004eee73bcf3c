package dev.backplane.kernel.internal.file;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** Trees of VM files as YAML again, with what was put in place of the file's own values; and changes of their words. */
public final class NodeText {
    /** What means the same without quotes wherever it stands. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9/_~.][A-Za-z0-9/_.+-]*");

    private NodeText() {}

    /**
     * A whole VM file: a line for each of its keys, and one for each device.
     *
     * @param file the file's map
     * @return YAML that reads as the same tree
     */
    public static String file(Node.Mapping file) {
        StringBuilder text = new StringBuilder();
        file.entries().forEach((key, entry) -> {
            text.append(word(key, false)).append(':');
            if (entry.value() instanceof Node.Sequence list && !list.items().isEmpty()) {
                list.items().forEach(item -> text.append("\n  - ").append(flow(item)));
            } else {
                text.append(' ').append(flow(entry.value()));
            }
            text.append('\n');
        });
        return text.toString();
    }

    /**
     * A part as an item of a list of devices.
     *
     * @param part what a file says of it
     * @return YAML in one line
     */
    public static String device(PartSpec part) {
        return flow(tree(part, true));
    }

    static Node.Mapping tree(PartSpec part, boolean identified) {
        Map<String, Node.Entry> entries = new LinkedHashMap<>();
        entries.put("type", entry(part.type()));
        if (identified) {
            entries.put("id", entry(part.id()));
        }
        part.version().ifPresent(version -> entries.put("version", entry(version.toString())));
        entries.putAll(part.options().entries());
        return new Node.Mapping(Mark.NOWHERE, entries);
    }

    private static Node.Entry entry(String word) {
        return new Node.Entry(Mark.NOWHERE, new Node.Scalar(Mark.NOWHERE, word, true));
    }

    /**
     * The same tree with other words.
     *
     * @param map the tree
     * @param change gives each scalar's text back, or another one that takes its place
     * @return a new tree
     */
    public static Node.Mapping changed(Node.Mapping map, UnaryOperator<String> change) {
        return (Node.Mapping) changedNode(map, change);
    }

    private static Node changedNode(Node node, UnaryOperator<String> change) {
        return switch (node) {
            case Node.Scalar scalar -> {
                String text = change.apply(scalar.text());
                yield text.equals(scalar.text()) ? scalar : new Node.Scalar(scalar.at(), text, true);
            }
            case Node.Sequence list ->
                new Node.Sequence(
                        list.at(),
                        list.items().stream()
                                .map(item -> changedNode(item, change))
                                .toList());
            case Node.Mapping map -> {
                Map<String, Node.Entry> entries = new LinkedHashMap<>();
                map.entries()
                        .forEach((key, entry) ->
                                entries.put(key, new Node.Entry(entry.at(), changedNode(entry.value(), change))));
                yield new Node.Mapping(map.at(), entries);
            }
        };
    }

    private static String flow(Node node) {
        return switch (node) {
            case Node.Scalar scalar -> scalar.isNull() ? "~" : word(scalar.text(), scalar.quoted());
            case Node.Sequence list -> flow(list.items());
            case Node.Mapping map -> {
                StringBuilder text = new StringBuilder("{");
                map.entries().forEach((key, entry) -> {
                    text.append(text.length() > 1 ? ", " : "")
                            .append(word(key, false))
                            .append(": ")
                            .append(flow(entry.value()));
                });
                yield text.append('}').toString();
            }
        };
    }

    private static String flow(List<Node> items) {
        StringBuilder text = new StringBuilder("[");
        items.forEach(item -> text.append(text.length() > 1 ? ", " : "").append(flow(item)));
        return text.append(']').toString();
    }

    /** A word that was in quotes keeps them. */
    private static String word(String text, boolean quoted) {
        return !quoted && PLAIN.matcher(text).matches() ? text : quoted(text);
    }

    /** A double-quoted scalar of YAML 1.2 (section 7.3.1). */
    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            switch (c) {
                case '"', '\\' -> quoted.append('\\').append(c);
                case '\n' -> quoted.append("\\n");
                case '\t' -> quoted.append("\\t");
                default -> {
                    if (c < ' ' || c == 0x7f || c > 0x7e && c < 0xa0) {
                        quoted.append("\\x%02x".formatted((int) c));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        return quoted.append('"').toString();
    }
}
