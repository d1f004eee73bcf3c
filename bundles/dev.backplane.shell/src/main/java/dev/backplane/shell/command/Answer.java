package dev.backplane.shell.command;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link ShellCommand} gives back: one set of data, for people as text and for machines as JSON.
 *
 * @param text lines with their ends, empty where there is nothing to say
 * @param data plain values: maps, lists, strings, numbers, truth values, null
 */
public record Answer(String text, @Nullable Object data) {
    /**
     * A sentence; {@code {"message": ...}} as JSON.
     *
     * @param line without a line end
     * @return the answer
     */
    public static Answer said(String line) {
        return said(line, Map.of());
    }

    /**
     * A sentence with the facts in it, which JSON has beside the message.
     *
     * @param line without a line end
     * @param facts plain values by name
     * @return the answer
     */
    public static Answer said(String line, Map<String, ?> facts) {
        Map<String, @Nullable Object> data = new LinkedHashMap<>();
        data.put("message", line);
        data.putAll(facts);
        return new Answer(line + "\n", data);
    }

    /**
     * Facts by name, one a line; an object as JSON.
     *
     * @param facts plain values, in their order
     * @return the answer
     */
    public static Answer facts(Map<String, ?> facts) {
        int width = facts.keySet().stream().mapToInt(String::length).max().orElse(1);
        String text = facts.entrySet().stream()
                .map(fact ->
                        String.format(Locale.ROOT, "%-" + width + "s  %s%n", fact.getKey(), shown(fact.getValue())))
                .collect(Collectors.joining());
        return new Answer(text, new LinkedHashMap<>(facts));
    }

    /**
     * Answers below one another, each an own member as JSON.
     *
     * @param parts by the member's name, in their order
     * @return the answer
     */
    public static Answer parts(Map<String, Answer> parts) {
        Map<String, @Nullable Object> data = new LinkedHashMap<>();
        parts.forEach((name, part) -> data.put(name, part.data()));
        String text = parts.values().stream()
                .map(Answer::text)
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining("\n"));
        return new Answer(text, data);
    }

    /**
     * Begins a table: aligned columns with a heading as text, a list of objects as JSON.
     *
     * @param columns members' names, which are the headings in capitals
     * @return a table without rows
     */
    public static Table table(String... columns) {
        return new Table(List.of(columns));
    }

    /** What fact a table or a list shows for a value. */
    private static String shown(@Nullable Object value) {
        return switch (value) {
            case null -> "-";
            case Long number -> String.format(Locale.ROOT, "%,d", number);
            default -> value.toString();
        };
    }

    /** A table that is being filled. */
    public static final class Table {
        private final List<String> columns;
        private final List<List<@Nullable Object>> rows = new ArrayList<>();

        private Table(List<String> columns) {
            this.columns = columns;
        }

        /**
         * Adds a row.
         *
         * @param cells as many plain values as there are columns; null shows as a hyphen
         * @return this table
         */
        public Table row(@Nullable Object... cells) {
            if (cells.length != columns.size()) {
                throw new IllegalArgumentException(cells.length + " cells for the columns " + columns);
            }
            rows.add(Arrays.asList(cells));
            return this;
        }

        /**
         * The table with all its rows.
         *
         * @return the answer
         */
        public Answer answer() {
            List<List<String>> lines = new ArrayList<>();
            lines.add(columns.stream()
                    .map(column -> column.toUpperCase(Locale.ROOT))
                    .toList());
            rows.forEach(row -> lines.add(row.stream().map(Answer::shown).toList()));
            List<Map<String, @Nullable Object>> data = new ArrayList<>();
            for (List<@Nullable Object> row : rows) {
                Map<String, @Nullable Object> object = new LinkedHashMap<>();
                for (int i = 0; i < columns.size(); i++) {
                    object.put(columns.get(i), row.get(i));
                }
                data.add(object);
            }
            return new Answer(aligned(lines), data);
        }

        private static String aligned(List<List<String>> lines) {
            int[] widths = new int[lines.getFirst().size()];
            for (List<String> line : lines) {
                for (int i = 0; i < widths.length; i++) {
                    widths[i] = Math.max(widths[i], line.get(i).length());
                }
            }
            StringBuilder text = new StringBuilder();
            for (List<String> cells : lines) {
                StringBuilder line = new StringBuilder();
                for (int i = 0; i < widths.length; i++) {
                    line.append(cells.get(i))
                            .repeat(' ', widths[i] - cells.get(i).length() + 2);
                }
                text.append(line.toString().stripTrailing()).append('\n');
            }
            return text.toString();
        }
    }
}
