package dev.backplane.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** A bundle that is nothing but its manifest. */
final class BundleFile {
    private BundleFile() {}

    /** Writes {@code NAME.jar}, of version 1.0.0, with headers as names and values in turn. */
    static void write(Path folder, String name, String... headers) throws IOException {
        var manifest = new Manifest();
        var attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.putValue("Bundle-ManifestVersion", "2");
        attributes.putValue("Bundle-SymbolicName", name);
        attributes.putValue("Bundle-Version", "1.0.0");
        for (var i = 0; i < headers.length; i += 2) {
            attributes.putValue(headers[i], headers[i + 1]);
        }
        try (var jar = new JarOutputStream(Files.newOutputStream(folder.resolve(name + ".jar")), manifest)) {
            jar.finish();
        }
    }
}
