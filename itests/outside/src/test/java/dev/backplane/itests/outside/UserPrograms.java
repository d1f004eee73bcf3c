package dev.backplane.itests.outside;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Programs for a guest that computes: openssl, stress-ng, and what the host's gcc compiles. */
final class UserPrograms {
    private static final Path FOLDER = Backplane.WORK.resolve("programs");
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
        return HostTool.run(FOLDER, List.of(compiled("digits", List.of("-lm")).toString()))
                .strip();
    }

    /** An initramfs: the demo's, and behind it one with the programs. */
    static Path initrd() throws IOException {
        Path made = FOLDER.resolve("initrd.cpio");
        if (Files.exists(made)) {
            return made;
        }
        var own = new TreeMap<>(Map.of("usr/bin/digits", compiled("digits", List.of("-lm"))));
        var files = DebianPrograms.files(FOLDER, PACKAGES, PROGRAMS, own);
        Path unfinished = FOLDER.resolve("initrd.unfinished");
        try (var out = new BufferedOutputStream(Files.newOutputStream(unfinished))) {
            Files.copy(DebianGuest.initrd(), out);
            Initramfs.write(files, out);
        }
        return Files.move(unfinished, made);
    }

    /** Compiled for a guest that has no libraries. */
    static Path freestanding(String name) throws IOException {
        return compiled(name, List.of("-static", "-pthread"));
    }

    private static Path compiled(String name, List<String> options) throws IOException {
        Path program = FOLDER.resolve(name);
        if (!Files.exists(program)) {
            Files.createDirectories(FOLDER);
            Path source = FOLDER.resolve(name + ".c");
            try (InputStream in = UserPrograms.class.getResourceAsStream(name + ".c")) {
                Files.write(source, Objects.requireNonNull(in, name).readAllBytes());
            }
            HostTool.require("gcc", "gcc and libc6-dev");
            List<String> command = new ArrayList<>(List.of("gcc", "-O2", "-o", program.toString(), source.toString()));
            command.addAll(options);
            HostTool.run(FOLDER, command);
        }
        return program;
    }
}
