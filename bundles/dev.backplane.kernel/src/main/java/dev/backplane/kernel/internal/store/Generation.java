package dev.backplane.kernel.internal.store;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.osgi.framework.Version;

/**
 * A set of plugins that is in force together. Its file is read by the launcher too, which knows the lines {@code before}, {@code bundle} and
 * {@code without}:
 *
 * <pre>
 * before 3
 * bundle  SHA256 NAME VERSION FILE      a bundle of the store, started with those of the installation
 * without SHA256 NAME VERSION FILE      a bundle of the installation that one of the above stands in for
 * folder  SHA256 NAME VERSION FILE      what lay in the plugin folder
 * pin     SHA256 NAME VERSION MACHINE   a machine stays with that one
 * </pre>
 *
 * @param before the number of the one that was in force before; 0 for none
 * @param entries the lines
 */
record Generation(int before, List<Entry> entries) {
    private static final Comparator<Entry> ORDER = Comparator.comparing(Entry::line);

    /** Nothing but the installation. */
    static final Generation NONE = new Generation(0, List.of());

    Generation {
        entries = entries.stream().sorted(ORDER).distinct().toList();
    }

    /** What a line is about. */
    enum Role {
        /** A bundle of the store that the launcher starts. */
        BUNDLE,
        /** A bundle of the installation that the launcher does not start. */
        WITHOUT,
        /** A jar of the plugin folder. */
        FOLDER,
        /** A bundle that a machine stays with. */
        PIN
    }

    /**
     * A line.
     *
     * @param role what it is about
     * @param sha256 the hash of the jar
     * @param symbolicName the bundle's
     * @param version the bundle's
     * @param name the jar's file name, or the machine's name
     */
    record Entry(Role role, String sha256, String symbolicName, Version version, String name) {
        static Entry of(Role role, PluginJar jar) {
            return new Entry(role, jar.sha256(), jar.symbolicName(), jar.version(), jar.fileName());
        }

        private String line() {
            return "%s %s %s %s %s"
                    .formatted(role.name().toLowerCase(Locale.ROOT), sha256, symbolicName, version, name);
        }

        private boolean isStoodInForBy(Entry other) {
            return role == Role.WITHOUT && other.role == Role.BUNDLE && other.symbolicName.equals(symbolicName);
        }

        private String text() {
            return switch (role) {
                case BUNDLE -> "%s %s".formatted(symbolicName, version);
                case WITHOUT -> "in place of the installation's %s %s".formatted(symbolicName, version);
                case FOLDER -> "%s %s (plugins/%s)".formatted(symbolicName, version, name);
                case PIN -> "%s stays with %s %s".formatted(name, symbolicName, version);
            };
        }
    }

    /** What it is, for people: a line for each plugin, with what it is in place of, and for each pin. */
    List<String> lines() {
        return entries.stream()
                .filter(entry -> entries.stream().noneMatch(entry::isStoodInForBy))
                .map(entry -> entries.stream()
                        .filter(other -> other.isStoodInForBy(entry))
                        .findFirst()
                        .map(other -> "%s in place of %s".formatted(entry.text(), other.version()))
                        .orElseGet(entry::text))
                .sorted()
                .toList();
    }

    /** The lines of a role. */
    List<Entry> of(Role role) {
        return entries.stream().filter(entry -> entry.role() == role).toList();
    }

    /** The same without some lines. */
    Generation without(Predicate<Entry> gone) {
        return new Generation(before, entries.stream().filter(gone.negate()).toList());
    }

    /** The same with more lines. */
    Generation with(List<Entry> more) {
        return new Generation(
                before, Stream.concat(entries.stream(), more.stream()).toList());
    }

    /** The same behind another one. */
    Generation after(int number) {
        return new Generation(number, entries);
    }

    String text() {
        return entries.stream()
                .map(entry -> entry.line() + "\n")
                .collect(Collectors.joining("", "before " + before + "\n", ""));
    }

    /**
     * Reads what {@link #text} has written.
     *
     * @throws IllegalArgumentException where it is no such text
     */
    static Generation parse(String text) {
        int before = 0;
        List<Entry> entries = new ArrayList<>();
        for (String line : text.lines().toList()) {
            String[] words = line.split(" ", 5);
            if (words.length == 2 && words[0].equals("before")) {
                before = Integer.parseInt(words[1]);
            } else if (words.length == 5) {
                entries.add(new Entry(
                        Role.valueOf(words[0].toUpperCase(Locale.ROOT)),
                        words[1],
                        words[2],
                        Version.parseVersion(words[3]),
                        words[4]));
            } else {
                throw new IllegalArgumentException("\"" + line + "\" is no line of a generation");
            }
        }
        return new Generation(before, entries);
    }
}
