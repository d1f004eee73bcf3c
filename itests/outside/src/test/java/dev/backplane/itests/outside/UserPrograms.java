package dev.backplane.itests.outside;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
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
        return run(FOLDER, List.of(compiled().toString())).strip();
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
            run(FOLDER, download);
            try (var packages = Files.newDirectoryStream(FOLDER, "*.deb")) {
                for (Path each : packages) {
                    run(FOLDER, List.of("dpkg-deb", "-x", each.toString(), root.toString()));
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
            archive(files, out);
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
            run(FOLDER, List.of("gcc", "-O2", "-o", program.toString(), source.toString(), "-lm"));
        }
        return program;
    }

    private static List<Path> libraries(Path root, Path loader, Path program) throws IOException {
        String path = root.resolve(LIBRARIES) + ":" + root.resolve("usr").resolve(LIBRARIES);
        String list = run(FOLDER, List.of(loader.toString(), "--library-path", path, "--list", program.toString()));
        return LIBRARY.matcher(list)
                .results()
                .map(found -> Path.of(found.group(1)))
                .toList();
    }

    /** A cpio archive in the form that Linux unpacks ("newc"): folders, then files. */
    private static void archive(TreeMap<String, Path> files, OutputStream out) throws IOException {
        var folders = new java.util.TreeSet<String>();
        for (String name : files.keySet()) {
            for (int slash = name.indexOf('/'); slash > 0; slash = name.indexOf('/', slash + 1)) {
                folders.add(name.substring(0, slash));
            }
        }
        for (String folder : folders) {
            entry(folder, 0040755, new byte[0], out);
        }
        for (var file : files.entrySet()) {
            entry(file.getKey(), 0100755, Files.readAllBytes(file.getValue()), out);
        }
        entry("TRAILER!!!", 0, new byte[0], out);
    }

    private static void entry(String name, int mode, byte[] content, OutputStream out) throws IOException {
        int[] fields = {0, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length() + 1, 0};
        var header = new StringBuilder("070701");
        for (int field : fields) {
            header.append("%08x".formatted(field));
        }
        header.append(name).append('\0');
        while (header.length() % 4 != 0) {
            header.append('\0');
        }
        out.write(header.toString().getBytes(StandardCharsets.US_ASCII));
        out.write(content);
        out.write(new byte[-content.length & 3]);
    }

    private static String run(Path folder, List<String> command) throws IOException {
        var process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
                throw new AssertionError(String.join(" ", command) + ":\n" + text);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        return text;
    }
}
