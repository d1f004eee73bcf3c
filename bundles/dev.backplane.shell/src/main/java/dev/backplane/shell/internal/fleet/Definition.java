package dev.backplane.shell.internal.fleet;

import dev.backplane.api.vm.VmSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A machine as it was defined: the VM file as it was then, and what is known beside it. Written as that file behind a few lines of comments.
 *
 * @param source the VM file
 * @param autostart whether the machine is started with the process that holds it
 * @param files what was made for it and goes with it, where nobody else needs it
 */
record Definition(VmSource source, boolean autostart, List<Path> files) {
    private static final String FIRST = "# backplane definition 1";
    private static final String LAST = "# ---";
    private static final String OVERRIDE = "override.";
    private static final String MADE = "made.";

    Definition {
        files = List.copyOf(files);
    }

    Definition withAutostart(boolean on) {
        return new Definition(source, on, files);
    }

    Definition with(Path file) {
        List<Path> more = new ArrayList<>(files);
        more.add(file);
        return new Definition(source, autostart, more);
    }

    /** Whether its VM file names a file. */
    boolean names(Path file) {
        return source.text().contains(file.toString())
                || source.overrides().values().stream().anyMatch(value -> value.contains(file.toString()));
    }

    String text() {
        StringBuilder text = new StringBuilder(FIRST).append('\n');
        fact(text, "file", source.name());
        fact(text, "folder", source.folder().toString());
        fact(text, "autostart", Boolean.toString(autostart));
        new TreeMap<>(source.overrides()).forEach((key, value) -> fact(text, OVERRIDE + key, value));
        for (int i = 0; i < files.size(); i++) {
            fact(text, MADE + i, files.get(i).toString());
        }
        return text.append(LAST).append('\n').append(source.text()).toString();
    }

    private static void fact(StringBuilder text, String key, String value) {
        text.append("# ").append(key).append(": ");
        // A path may hold a line's end.
        text.append(value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r"))
                .append('\n');
    }

    /**
     * Reads what {@link #text} has written.
     *
     * @throws IOException when it is something else
     */
    static Definition of(String text) throws IOException {
        int end = text.indexOf("\n" + LAST + "\n");
        if (!text.startsWith(FIRST + "\n") || end < 0) {
            throw new IOException("not a definition that this version of Backplane knows: \"" + FIRST
                    + "\" was expected in its first line");
        }
        Map<String, String> facts = new HashMap<>();
        Map<String, String> overrides = new HashMap<>();
        List<Path> files = new ArrayList<>();
        for (String line : text.substring(FIRST.length(), end).strip().split("\n")) {
            int colon = line.indexOf(": ");
            if (!line.startsWith("# ") || colon < 0) {
                throw new IOException("the line \"" + line + "\" is no fact of a definition");
            }
            String key = line.substring(2, colon);
            String value = unescaped(line.substring(colon + 2));
            if (key.startsWith(OVERRIDE)) {
                overrides.put(key.substring(OVERRIDE.length()), value);
            } else if (key.startsWith(MADE)) {
                files.add(Path.of(value));
            } else {
                facts.put(key, value);
            }
        }
        String rest = text.substring(end + LAST.length() + 2);
        VmSource source = new VmSource(
                facts.getOrDefault("file", ""), rest, Path.of(facts.getOrDefault("folder", "/")), overrides);
        return new Definition(source, Boolean.parseBoolean(facts.get("autostart")), files);
    }

    private static String unescaped(String text) {
        StringBuilder plain = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                i++;
                c = switch (text.charAt(i)) {
                    case 'n' -> '\n';
                    case 'r' -> '\r';
                    default -> text.charAt(i);
                };
            }
            plain.append(c);
        }
        return plain.toString();
    }
}
