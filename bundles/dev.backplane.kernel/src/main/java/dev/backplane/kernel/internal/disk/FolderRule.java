package dev.backplane.kernel.internal.disk;

import dev.backplane.api.part.ConfigurationException;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Which files an image may lead to. A guest may have written the name that stands in an image: it is followed only to a file that
 * really, symbolic links resolved, lies below one of these folders.
 *
 * @param folders real paths
 */
record FolderRule(List<Path> folders) {
    /** Folders that do not exist hold nothing. */
    static FolderRule of(List<Path> folders) {
        List<Path> real = new ArrayList<>();
        for (Path folder : folders) {
            try {
                real.add(folder.toRealPath());
            } catch (IOException e) {
                // Nothing can lie below it.
            }
        }
        return new FolderRule(List.copyOf(real));
    }

    /**
     * The file that a name means.
     *
     * @param image the image that names it
     * @param name absolute, or relative to the image's folder
     */
    Path follow(Path image, String name) throws ConfigurationException {
        Path path;
        Path real;
        try {
            path = image.toAbsolutePath().resolveSibling(name.startsWith("file:") ? name.substring(5) : name);
            real = path.toRealPath();
        } catch (InvalidPathException e) {
            throw new ConfigurationException("%s: it refers to \"%s\", which is no path".formatted(image, name));
        } catch (IOException e) {
            throw new ConfigurationException(
                    "%s: it refers to \"%s\", which does not exist or cannot be reached".formatted(image, name));
        }
        if (folders.stream().noneMatch(real::startsWith)) {
            throw new ConfigurationException(
                    "%s: it refers to %s, which is not below a folder where images may be followed to (%s): allow its folder, or move it"
                            .formatted(
                                    image,
                                    real,
                                    folders.stream().map(Path::toString).collect(Collectors.joining(", "))));
        }
        return path;
    }
}
