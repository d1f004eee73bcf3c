package dev.backplane.x86.oracle;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/** A table of exceptions: lines of columns between bars, of which the first says which forms it is about. */
final class TableFile {
    private TableFile() {}

    /** Forms by mnemonic, or "*" for any, and perhaps by a pattern that is found in their name. */
    record Forms(String text, Set<String> mnemonics, Pattern pattern) {
        static Forms of(String column) {
            int bracket = column.indexOf('[');
            String names = bracket < 0 ? column : column.substring(0, bracket);
            String pattern = bracket < 0 ? "" : column.substring(bracket + 1, column.lastIndexOf(']'));
            return new Forms(column, Set.of(names.strip().split(",")), Pattern.compile(pattern));
        }

        boolean contain(Form form) {
            return (mnemonics.contains(form.mnemonic()) || mnemonics.contains("*"))
                    && pattern.matcher(form.id()).find();
        }
    }

    /** The columns of each line of a resource beside this class. */
    static List<String[]> read(String resource, int columns) {
        var stream = Objects.requireNonNull(TableFile.class.getResourceAsStream(resource), resource);
        try (var reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.US_ASCII))) {
            return reader.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(line -> {
                        String[] parts = line.split(" +\\| +", columns);
                        if (parts.length != columns) {
                            throw new IllegalStateException(
                                    "%s: %d columns expected in: %s".formatted(resource, columns, line));
                        }
                        return parts;
                    })
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(resource, e);
        }
    }
}
