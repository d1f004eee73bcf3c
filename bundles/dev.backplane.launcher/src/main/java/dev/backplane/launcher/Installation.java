package dev.backplane.launcher;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;

/**
 * The folder that Backplane was unpacked to: {@code lib/} (class path), {@code bundles/} (the framework's bundles), {@code etc/}
 * (settings), {@code plugins/} (where an admin drops bundles; the kernel's business, not ours).
 */
record Installation(Path home) {
    /** Names the installation where the launcher's jar does not lie in it. */
    static final String HOME_PROPERTY = "backplane.home";

    /** Finds the installation: {@value #HOME_PROPERTY}, or the folder above the one that the launcher's jar is in. */
    static Installation locate() throws LaunchException {
        var home = System.getProperty(HOME_PROPERTY);
        if (home != null) {
            return new Installation(Path.of(home).toAbsolutePath());
        }
        var source = Installation.class.getProtectionDomain().getCodeSource();
        try {
            return new Installation(
                    Path.of(source.getLocation().toURI()).getParent().getParent());
        } catch (URISyntaxException | NullPointerException e) {
            throw new LaunchException(
                    "the installation was not found: set the system property " + HOME_PROPERTY + " to its folder", e);
        }
    }

    /** The bundles to install, by name. */
    List<Path> bundles() throws LaunchException {
        var folder = home.resolve("bundles");
        try (var files = Files.list(folder)) {
            var bundles = files.filter(file -> file.toString().endsWith(".jar"))
                    .sorted()
                    .toList();
            if (bundles.isEmpty()) {
                throw new LaunchException(folder + ": no bundles: the installation is incomplete, unpack it again");
            }
            return bundles;
        } catch (IOException e) {
            throw new LaunchException(folder + ": cannot be read: the installation is incomplete, unpack it again", e);
        }
    }

    /** Whether an admin has dropped bundles. */
    boolean hasPlugins() {
        var names = home.resolve("plugins").toFile().list((folder, name) -> name.endsWith(".jar"));
        return names != null && names.length > 0;
    }

    /** Settings from {@code etc/framework.properties}. */
    Settings settings() throws LaunchException {
        var file = home.resolve("etc/framework.properties");
        var properties = new Properties();
        try (var reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new LaunchException(file + ": cannot be read: " + e.getMessage(), e);
        }
        return Settings.of(file, properties);
    }
}
