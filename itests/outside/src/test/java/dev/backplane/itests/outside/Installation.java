package dev.backplane.itests.outside;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A copy of the built distribution that a test changes. */
record Installation(Path home) {
    static Installation copyTo(Path home) throws IOException {
        for (var folder : List.of("", "etc", "lib", "bundles")) {
            Files.createDirectories(home.resolve(folder));
            try (var files = Files.list(Backplane.HOME.resolve(folder))) {
                for (var file : files.filter(Files::isRegularFile).toList()) {
                    Files.copy(file, home.resolve(folder, file.getFileName().toString()));
                }
            }
        }
        return new Installation(home);
    }

    Installation without(String symbolicName) throws IOException {
        try (var bundles = Files.newDirectoryStream(home.resolve("bundles"), symbolicName + "-*.jar")) {
            for (var bundle : bundles) {
                Files.delete(bundle);
            }
        }
        return this;
    }

    Installation with(Path bundle) throws IOException {
        Files.copy(bundle, home.resolve("bundles", bundle.getFileName().toString()));
        return this;
    }
}
