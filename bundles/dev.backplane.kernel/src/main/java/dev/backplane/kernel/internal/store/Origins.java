package dev.backplane.kernel.internal.store;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.osgi.framework.Bundle;

/** Where the bundles of this process come from. Callable on any thread. */
final class Origins {
    private static final String REFERENCE = "reference:";

    private final Path objects;
    private final Map<Long, String> folderJars = new ConcurrentHashMap<>();

    /** @param objects where the store's jars lie */
    Origins(Path objects) {
        this.objects = objects.toAbsolutePath().normalize();
    }

    /** A bundle comes from a jar of the plugin folder. */
    void folderJar(Bundle bundle, String name) {
        folderJars.put(bundle.getBundleId(), name);
    }

    /** A bundle is gone. */
    void gone(Bundle bundle) {
        folderJars.remove(bundle.getBundleId());
    }

    /** The jar of the plugin folder that a bundle comes from, if it does. */
    Optional<String> folderJar(Bundle bundle) {
        return Optional.ofNullable(folderJars.get(bundle.getBundleId()));
    }

    /** The jar that the framework reads a bundle from, where it reads it where it lies. */
    private static Optional<Path> file(Bundle bundle) {
        String location = bundle.getLocation();
        return location.startsWith(REFERENCE + "file:")
                ? Optional.of(Path.of(URI.create(location.substring(REFERENCE.length())))
                        .normalize())
                : Optional.empty();
    }

    /** Whether a bundle's jar lies in the store. */
    boolean isStored(Bundle bundle) {
        return file(bundle).filter(file -> file.startsWith(objects)).isPresent();
    }

    /** Whether a bundle is none of the installation. */
    boolean isAdded(Bundle bundle) {
        return isStored(bundle) || folderJar(bundle).isPresent();
    }

    /** The name of a bundle's jar. */
    String fileName(Bundle bundle) {
        return file(bundle).map(file -> String.valueOf(file.getFileName())).orElse(bundle.getSymbolicName());
    }

    /** The hash of a bundle's jar, if it can be read. */
    Optional<String> hash(Bundle bundle) {
        try {
            Optional<Path> file = file(bundle);
            return file.isPresent() ? Optional.of(JarCheck.hash(file.get())) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** For people. */
    String of(Bundle bundle) {
        return folderJar(bundle)
                .map(name -> "plugins/" + name)
                .orElseGet(() -> isStored(bundle) ? "update" : "installation");
    }
}
