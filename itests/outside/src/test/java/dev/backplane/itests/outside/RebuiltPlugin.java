package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.spi.ToolProvider;

/** The product's plugins as other versions. */
final class RebuiltPlugin {
    private RebuiltPlugin() {}

    /**
     * Copies a plugin's jar and changes the version.
     *
     * @param folder where the copy goes
     * @return its file's name, with the version
     */
    static Path of(String symbolicName, String version, Path folder) throws IOException {
        var copy = folder.resolve(symbolicName + "-" + version + ".jar");
        try (var jars = Files.newDirectoryStream(Backplane.HOME.resolve("bundles"), symbolicName + "-*.jar")) {
            Files.copy(jars.iterator().next(), copy);
        }
        var manifest = Files.writeString(folder.resolve("manifest"), "Bundle-Version: " + version + "\n");
        assertEquals(
                0,
                ToolProvider.findFirst("jar")
                        .orElseThrow()
                        .run(System.out, System.err, "--update", "--file=" + copy, "--manifest=" + manifest));
        return copy.getFileName();
    }
}
