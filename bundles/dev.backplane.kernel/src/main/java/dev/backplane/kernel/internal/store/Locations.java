package dev.backplane.kernel.internal.store;

import dev.backplane.api.plugin.PluginException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Jars as an admin names them: by path or URL. What was fetched is deleted at the end. */
final class Locations implements AutoCloseable {
    private static final long MAX_BYTES = 1L << 30;

    private final List<Path> fetched = new ArrayList<>();

    /** Where a jar lies. */
    Path file(String location) throws PluginException {
        try {
            if (location.startsWith("file:")) {
                return regular(Path.of(URI.create(location)), location);
            }
            return location.startsWith("http:") || location.startsWith("https:")
                    ? fetch(URI.create(location))
                    : regular(Path.of(location), location);
        } catch (IllegalArgumentException e) {
            throw new PluginException("%s: expected a path or a URL of a jar: %s".formatted(location, e.getMessage()));
        }
    }

    private static Path regular(Path file, String location) throws PluginException {
        if (!Files.isRegularFile(file)) {
            throw new PluginException("%s: there is no such file".formatted(location));
        }
        return file.toAbsolutePath();
    }

    private Path fetch(URI location) throws PluginException {
        String path = String.valueOf(location.getPath());
        String name = path.substring(path.lastIndexOf('/') + 1);
        try (InputStream in = location.toURL().openStream()) {
            Path folder = Files.createTempDirectory("backplane-plugin");
            Path file = folder.resolve(name.isEmpty() ? "plugin.jar" : name);
            fetched.add(file);
            try (var out = Files.newOutputStream(file)) {
                byte[] buffer = new byte[1 << 16];
                long bytes = 0;
                int count;
                while ((count = in.read(buffer)) >= 0) {
                    bytes += count;
                    if (bytes > MAX_BYTES) {
                        throw new PluginException(
                                "%s has more than %,d bytes: it is no plugin".formatted(location, MAX_BYTES));
                    }
                    out.write(buffer, 0, count);
                }
            }
            return file;
        } catch (IOException e) {
            throw new PluginException("%s cannot be fetched: %s".formatted(location, e));
        }
    }

    @Override
    public void close() {
        for (Path file : fetched) {
            try {
                Files.deleteIfExists(file);
                Files.deleteIfExists(file.getParent());
            } catch (IOException e) {
                System.getLogger(Locations.class.getName())
                        .log(System.Logger.Level.WARNING, "{0} stays: {1}", file, e.toString());
            }
        }
    }
}
