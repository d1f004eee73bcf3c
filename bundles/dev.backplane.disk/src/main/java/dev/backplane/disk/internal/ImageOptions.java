package dev.backplane.disk.internal;

import dev.backplane.api.storage.image.DiskRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** How the first image of a command is to be opened. */
final class ImageOptions {
    /** What formats call the option that names the file with a passphrase. */
    static final String PASSPHRASE = "passphrase";

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

    @Option(
            names = "--passphrase",
            paramLabel = "FILE",
            description = "The image is encrypted, and opens with all that this file holds, a line end too.")
    private String passphrase = "";

    @Option(
            names = "--backing-passphrase",
            paramLabel = "FILE",
            description = "The same for its backing file; given again, for the backing file of that; '' for none.")
    private List<String> backingPassphrases = List.of();

    DiskRequest request(String location) {
        List<String> all = new ArrayList<>(List.of(passphrase));
        all.addAll(backingPassphrases);
        return request(location, format, opening(all));
    }

    /** The options that open an image, its backing file, that one's and so on, each with a passphrase; an empty one is none. */
    static Map<String, String> opening(List<String> passphrases) {
        Map<String, String> options = new LinkedHashMap<>();
        for (int i = 0; i < passphrases.size(); i++) {
            if (!passphrases.get(i).isEmpty()) {
                options.put("backing.".repeat(i) + PASSPHRASE, passphrases.get(i));
            }
        }
        return options;
    }

    /** The image's own backing file, opened as an image. */
    DiskRequest backing(String location, String type) {
        return request(location, type, opening(backingPassphrases));
    }

    /** Another image. */
    DiskRequest request(String location, String type, Map<String, String> options) {
        DiskRequest plain = DiskRequest.of(location).following(folders).with(options);
        DiskRequest declared = type.isEmpty() ? plain : plain.as(type);
        return shared ? declared.withoutLock() : declared;
    }

    String format() {
        return format;
    }
}
