package dev.backplane.itests.outside;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Programs of Debian's for a guest's user space, with the libraries that they need. Fetched once with apt-get, which the guest's kernel comes by too. */
final class DebianPrograms {
    private static final String LIBRARIES = "lib/x86_64-linux-gnu";
    private static final String LOADER = "lib64/ld-linux-x86-64.so.2";
    private static final Pattern LIBRARY = Pattern.compile("=> (\\S+) \\(");

    private DebianPrograms() {}

    /**
     * Files of packages, by their place in a guest.
     *
     * @param folder where packages are kept and unpacked
     * @param packages the programs', and those of all libraries
     * @param programs paths in the packages
     * @param others programs that are here already, by their place in a guest
     */
    static TreeMap<String, Path> files(
            Path folder, List<String> packages, List<String> programs, TreeMap<String, Path> others)
            throws IOException {
        Path root = unpacked(folder, packages);
        Path loader = root.resolve(LIBRARIES).resolve("ld-linux-x86-64.so.2");
        var files = new TreeMap<>(others);
        for (String program : programs) {
            files.put(program, root.resolve(program));
        }
        for (Path program : List.copyOf(files.values())) {
            for (Path library : libraries(root, loader, program)) {
                files.put("usr/lib/" + library.getFileName(), library);
            }
        }
        files.put(LOADER, loader);
        return files;
    }

    private static Path unpacked(Path folder, List<String> packages) throws IOException {
        Path root = folder.resolve("root");
        if (!Files.exists(root)) {
            Files.createDirectories(folder);
            var download = new ArrayList<>(List.of("apt-get", "download"));
            download.addAll(packages);
            HostTool.run(folder, download);
            Path unfinished = folder.resolve("root.unfinished");
            try (var files = Files.newDirectoryStream(folder, "*.deb")) {
                for (Path each : files) {
                    HostTool.run(folder, List.of("dpkg-deb", "-x", each.toString(), unfinished.toString()));
                }
            }
            Files.move(unfinished, root);
        }
        return root;
    }

    private static List<Path> libraries(Path root, Path loader, Path program) throws IOException {
        String path = root.resolve(LIBRARIES) + ":" + root.resolve("usr").resolve(LIBRARIES);
        String list =
                HostTool.run(root, List.of(loader.toString(), "--library-path", path, "--list", program.toString()));
        return LIBRARY.matcher(list)
                .results()
                .map(found -> Path.of(found.group(1)))
                .toList();
    }
}
