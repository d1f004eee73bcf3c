package dev.backplane.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.osgi.framework.Bundle;
import org.osgi.framework.Constants;
import org.osgi.framework.wiring.BundleRequirement;
import org.osgi.framework.wiring.BundleWiring;

/**
 * Which bundles a command needs, where it does without some ({@link Selection}): those alone are installed, as each that is takes milliseconds.
 * It is found by resolving all of them, at the time when the class data for a fast start is made, and kept in {@code lib/shortlist}. It counts as
 * long as {@code bundles/} holds the same files, and while nothing lies in {@code plugins/}, which could need any of them.
 */
final class Shortlist {
    private static final String FILE = "lib/shortlist";

    private final Path file;
    private final String folder;

    private Shortlist(Path file, String folder) {
        this.file = file;
        this.folder = folder;
    }

    /** For these bundles of an installation. */
    static Shortlist of(Installation installation, List<Path> bundles) {
        return new Shortlist(installation.home().resolve(FILE), state(bundles));
    }

    /** Changes when a file does. */
    private static String state(List<Path> files) {
        var hash = 0L;
        for (var file : files) {
            var attributes = file.toFile();
            hash = hash * 31 + attributes.getName().hashCode();
            hash = hash * 31 + attributes.length();
            hash = hash * 31 + attributes.lastModified();
        }
        return Long.toHexString(hash);
    }

    /** The names of the files that a command needs; empty where all have to be installed. */
    Optional<Set<String>> of(String command) {
        try {
            var lines = Files.readAllLines(file);
            if (!lines.getFirst().equals(folder)) {
                return Optional.empty();
            }
            for (var line : lines) {
                var words = line.split(" ");
                if (words.length > 1 && words[0].equals(command)) {
                    return Optional.of(Set.copyOf(Arrays.asList(words).subList(1, words.length)));
                }
            }
            return Optional.empty();
        } catch (IOException | RuntimeException e) {
            // None was made, or what is there is none: everything is installed.
            return Optional.empty();
        }
    }

    /** Keeps what commands need of these, all of which are resolved. */
    void keep(Map<Path, Bundle> bundles) throws IOException {
        var names = new HashMap<Bundle, String>();
        bundles.forEach((path, bundle) -> names.put(bundle, path.getFileName().toString()));
        var lines = new ArrayList<String>();
        lines.add(folder);
        for (var each : Selection.all(bundles.values()).entrySet()) {
            var needed = new LinkedHashSet<String>();
            for (var bundle : needed(each.getValue(), bundles.values())) {
                needed.add(names.get(bundle));
            }
            lines.add(each.getKey() + " " + String.join(" ", needed));
        }
        var whole = file.resolveSibling(file.getFileName() + ".new");
        Files.write(whole, lines);
        Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** What does something when it is started, and what that is wired to and cannot do without. */
    private static Set<Bundle> needed(Selection selection, Collection<Bundle> bundles) {
        var needed = new LinkedHashSet<Bundle>();
        var open = new ArrayDeque<Bundle>();
        for (var bundle : bundles) {
            if (selection.needs(bundle) && acts(bundle)) {
                open.add(bundle);
            }
        }
        while (!open.isEmpty()) {
            var bundle = open.remove();
            if (!bundles.contains(bundle) || !needed.add(bundle)) {
                continue;
            }
            for (var wire : bundle.adapt(BundleWiring.class).getRequiredWires(null)) {
                if (!isOptional(wire.getRequirement())) {
                    open.add(wire.getProvider().getBundle());
                }
            }
        }
        return needed;
    }

    private static boolean isOptional(BundleRequirement requirement) {
        return Constants.RESOLUTION_OPTIONAL.equals(requirement.getDirectives().get(Constants.RESOLUTION_DIRECTIVE));
    }

    private static boolean acts(Bundle bundle) {
        var headers = bundle.getHeaders("");
        return headers.get(Constants.BUNDLE_ACTIVATOR) != null
                || headers.get("Service-Component") != null
                || headers.get(Constants.FRAGMENT_HOST) != null;
    }
}
