package dev.backplane.itests.outside;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Programs of Debian's for a guest's user space, with their shared libraries: openssl, stress-ng, and one that the host's gcc
 * compiles. Fetched once with apt-get, which the guest's kernel comes by too.
 */
final class UserPrograms {
    private static final Path FOLDER = Backplane.WORK.resolve("programs");
    private static final String LIBRARIES = "lib/x86_64-linux-gnu";
    private static final Pattern LIBRARY = Pattern.compile("=> (\\S+) \\(");
    private static final List<String> PROGRAMS = List.of("usr/bin/openssl", "usr/bin/stress-ng");

    /** What openssl and stress-ng need, and what that needs. */
    private static final List<String> PACKAGES = List.of(
            "openssl",
            "stress-ng",
            "libssl3",
            "libc6",
            "libapparmor1",
            "libbsd0",
            "libcrypt1",
            "libegl1",
            "libgbm1",
            "libgles2",
            "libipsec-mb1",
            "libjpeg62-turbo",
            "libjudydebian1",
            "libkmod2",
            "libsctp1",
            "libxxhash0",
            "zlib1g",
            "libmd0",
            "libglvnd0",
            "libdrm2",
            "libexpat1",
            "libwayland-server0",
            "libffi8",
            "libxcb-randr0",
            "libxcb1",
            "libxau6",
            "libxdmcp6",
            "liblzma5",
            "libzstd1",
            "libgcc-s1");

    private UserPrograms() {}

    /** The host's own run of the program that computes digits. */
    static String digits() throws IOException {
        return HostTool.run(FOLDER, List.of(compiled().toString())).strip();
    }

    /** An initramfs: the demo's, and behind it one with the programs. */
    static Path initrd() throws IOException {
        Path made = FOLDER.resolve("initrd.cpio");
        if (Files.exists(made)) {
            return made;
        }
        Files.createDirectories(FOLDER);
        Path root = FOLDER.resolve("root");
        if (!Files.exists(root)) {
            var download = new java.util.ArrayList<>(List.of("apt-get", "download"));
            download.addAll(PACKAGES);
            HostTool.run(FOLDER, download);
            try (var packages = Files.newDirectoryStream(FOLDER, "*.deb")) {
                for (Path each : packages) {
                    HostTool.run(FOLDER, List.of("dpkg-deb", "-x", each.toString(), root.toString()));
                }
            }
        }
        var files = new TreeMap<String, Path>();
        Path loader = root.resolve(LIBRARIES).resolve("ld-linux-x86-64.so.2");
        files.put("lib64/ld-linux-x86-64.so.2", loader);
        files.put("usr/bin/digits", compiled());
        for (String program : PROGRAMS) {
            files.put(program, root.resolve(program));
        }
        for (Path program : List.copyOf(files.values())) {
            if (!program.equals(loader)) {
                libraries(root, loader, program)
                        .forEach(library -> files.put("usr/lib/" + library.getFileName(), library));
            }
        }
        Path unfinished = FOLDER.resolve("initrd.unfinished");
        try (var out = new BufferedOutputStream(Files.newOutputStream(unfinished))) {
            Files.copy(DebianGuest.initrd(), out);
            Initramfs.write(files, out);
        }
        return Files.move(unfinished, made);
    }

    private static Path compiled() throws IOException {
        Path program = FOLDER.resolve("digits");
        if (!Files.exists(program)) {
            Files.createDirectories(FOLDER);
            Path source = FOLDER.resolve("digits.c");
            try (InputStream in = UserPrograms.class.getResourceAsStream("digits.c")) {
                Files.write(source, Objects.requireNonNull(in, "digits.c").readAllBytes());
            }
            HostTool.require("gcc", "gcc and libc6-dev");
            HostTool.run(FOLDER, List.of("gcc", "-O2", "-o", program.toString(), source.toString(), "-lm"));
        }
        return program;
    }

    private static List<Path> libraries(Path root, Path loader, Path program) throws IOException {
        String path = root.resolve(LIBRARIES) + ":" + root.resolve("usr").resolve(LIBRARIES);
        String list =
                HostTool.run(FOLDER, List.of(loader.toString(), "--library-path", path, "--list", program.toString()));
        return LIBRARY.matcher(list)
                .results()
                .map(found -> Path.of(found.group(1)))
                .toList();
    }
}
