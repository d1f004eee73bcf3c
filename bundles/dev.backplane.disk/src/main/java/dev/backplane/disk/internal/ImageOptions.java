package dev.backplane.disk.internal;

import dev.backplane.api.storage.image.DiskRequest;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** How the first image of a command is to be opened. */
final class ImageOptions {
    @Option(
            names = "-f",
            paramLabel = "FMT",
            description = "The image's format. What is only read may be recognised; what is written must be declared.")
    private String format = "";

    @Option(
            names = {"-U", "--force-share"},
            description = "Open it although somebody else writes it; what is read may be torn.")
    private boolean shared;

    @Option(
            names = "--follow",
            paramLabel = "FOLDER",
            description = "Follow the names in images below this folder too.")
    private List<Path> folders = List.of();

    DiskRequest request(String location) {
        return request(location, format);
    }

    DiskRequest request(String location, String type) {
        DiskRequest plain = DiskRequest.of(location).following(folders);
        DiskRequest declared = type.isEmpty() ? plain : plain.as(type);
        return shared ? declared.withoutLock() : declared;
    }

    String format() {
        return format;
    }
}
