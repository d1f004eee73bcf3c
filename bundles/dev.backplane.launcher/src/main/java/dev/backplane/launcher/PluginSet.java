package dev.backplane.launcher;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Version;
import org.osgi.framework.hooks.bundle.CollisionHook;

/**
 * The bundles that updates have put beside those of the installation, or in their place: a generation of the kernel's plugin store, whose
 * file has a line for each, {@code bundle} or {@code without}, then the jar's hash, symbolic name, version and file name.
 *
 * @param number the generation's; 0 for the installation alone
 * @param before the generation that was in force before it
 * @param bundles what is started from the store
 * @param without what is not started of the installation
 */
record PluginSet(int number, int before, List<Entry> bundles, List<Entry> without) {
    /** The installation alone. */
    static final PluginSet NONE = new PluginSet(0, 0, List.of(), List.of());

    private static final String REFERENCE = "reference:";

    /** A line. */
    record Entry(String sha256, String symbolicName, Version version, String file) {}

    /**
     * Reads a generation.
     *
     * @throws IllegalArgumentException where it is none
     */
    static PluginSet parse(int number, List<String> lines) {
        int before = 0;
        var bundles = new ArrayList<Entry>();
        var without = new ArrayList<Entry>();
        for (var line : lines) {
            var words = line.split(" ", 5);
            if (words.length == 2 && words[0].equals("before")) {
                before = Integer.parseInt(words[1]);
            } else if (words.length < 5) {
                throw new IllegalArgumentException("\"" + line + "\" is no line of a generation");
            } else if (words[0].equals("bundle") || words[0].equals("without")) {
                var entry = new Entry(words[1], words[2], Version.parseVersion(words[3]), words[4]);
                (words[0].equals("bundle") ? bundles : without).add(entry);
            }
        }
        return new PluginSet(number, before, List.copyOf(bundles), List.copyOf(without));
    }

    /** What of it is not in the store as it was put there. */
    Optional<String> damage(Path objects) {
        return bundles.stream()
                .filter(entry -> !entry.sha256().equals(hash(jar(objects, entry))))
                .findFirst()
                .map(entry ->
                        "%s %s is damaged or missing in the store".formatted(entry.symbolicName(), entry.version()));
    }

    private static Path jar(Path objects, Entry entry) {
        return objects.resolve(entry.sha256()).resolve(entry.file());
    }

    /** Empty for what cannot be read. */
    private static String hash(Path file) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (IOException e) {
            return "";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Installs it: a bundle of the installation makes way where it is the one that was replaced, or older than what has replaced it. Where
     * the installation has got a newer one since, that stays.
     *
     * @param installed the installation's bundles; those that make way are uninstalled and removed, those of the set are added
     * @param say told what is not used any more
     * @return the symbolic names of those for which the installation's bundle stays
     */
    Set<String> install(BundleContext context, Path objects, List<Bundle> installed, Consumer<String> say)
            throws BundleException {
        if (bundles.isEmpty()) {
            return Set.of();
        }
        // One name and version may be there twice: a jar that was built anew.
        var collisions = context.registerService(
                CollisionHook.class, (operation, target, candidates) -> candidates.clear(), null);
        try {
            var outdated = new TreeSet<String>();
            for (var name : bundles.stream().map(Entry::symbolicName).collect(Collectors.toCollection(TreeSet::new))) {
                var coming = bundles.stream()
                        .filter(entry -> entry.symbolicName().equals(name))
                        .toList();
                if (makeWay(name, coming, installed, say)) {
                    for (var entry : coming) {
                        installed.add(context.installBundle(
                                REFERENCE + jar(objects, entry).toUri()));
                    }
                } else {
                    outdated.add(name);
                }
            }
            return outdated;
        } finally {
            collisions.unregister();
        }
    }

    private boolean makeWay(String name, List<Entry> coming, List<Bundle> installed, Consumer<String> say)
            throws BundleException {
        var replaced = without.stream()
                .filter(entry -> entry.symbolicName().equals(name))
                .map(Entry::sha256)
                .toList();
        var own = installed.stream()
                .filter(bundle -> name.equals(bundle.getSymbolicName()))
                .findFirst();
        if (replaced.isEmpty() || own.isEmpty()) {
            // Both are used, or the installation has none.
            return true;
        }
        var bundle = own.get();
        var newest = coming.stream()
                .map(Entry::version)
                .max(Comparator.naturalOrder())
                .orElseThrow();
        if (!replaced.contains(hash(Path.of(URI.create(bundle.getLocation().substring(REFERENCE.length())))))
                && bundle.getVersion().compareTo(newest) >= 0) {
            say.accept(
                    "%s %s of the installation is newer than %s, which an update had put in place of an earlier one: it is used from now on"
                            .formatted(name, bundle.getVersion(), newest));
            return false;
        }
        installed.remove(bundle);
        bundle.uninstall();
        return true;
    }

    /** Whether a bundle is one of the store. */
    boolean contains(Bundle bundle, Path objects) {
        return bundle.getLocation().startsWith(REFERENCE + objects.toUri());
    }
}
