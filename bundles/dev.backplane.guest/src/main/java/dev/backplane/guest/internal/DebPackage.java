package dev.backplane.guest.internal;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One Debian binary package, deb(5): an {@code ar} archive of {@code debian-binary}, {@code control.tar} and {@code
 * data.tar}. Nothing is unpacked by the names in it: a caller asks for one file and says where it goes.
 */
final class DebPackage {
    /** More than the kernel package with all its modules has; what expands beyond it is a bomb. */
    private static final long LARGEST_DATA = 2L << 30;

    private static final int LARGEST_CONTROL = 1 << 20;

    private final Path file;

    DebPackage(Path file) {
        this.file = file;
    }

    /** The value of a field of the control file, deb-control(5), such as {@code Depends}; null where it has none. */
    @Nullable
    String field(String name) throws IOException {
        try (InputStream archive = open()) {
            TarReader tar = tar(archive, "control.tar", LARGEST_CONTROL);
            for (TarReader.Entry entry = tar.next(); entry != null; entry = tar.next()) {
                if (entry.isFile() && plain(entry.name()).equals("control")) {
                    String text = new String(entry.content().readAllBytes(), StandardCharsets.UTF_8);
                    return field(text, name);
                }
            }
        } catch (IOException e) {
            throw damaged(e);
        }
        throw damaged(new IOException("it has no control file"));
    }

    /** Gets files of a package. */
    @FunctionalInterface
    interface Visitor {
        /**
         * Gets one.
         *
         * @param path without a leading slash, as the package has it
         * @param content all of it
         * @return whether to go on
         */
        boolean visit(String path, byte[] content) throws IOException;
    }

    /**
     * Shows regular files in the package's order. What the visitor throws is not the package's fault, and stays as it is.
     *
     * @param wanted which, by path; one of more than {@code atMost} bytes is an error
     */
    void visit(Predicate<String> wanted, int atMost, Visitor visitor) throws IOException {
        try (InputStream archive = open()) {
            TarReader tar = data(archive);
            for (TarReader.Entry entry = next(tar); entry != null; entry = next(tar)) {
                String path = plain(entry.name());
                if (entry.isFile() && wanted.test(path) && !visitor.visit(path, content(entry, path, atMost))) {
                    return;
                }
            }
        }
    }

    private TarReader data(InputStream archive) throws IOException {
        try {
            return tar(archive, "data.tar", LARGEST_DATA);
        } catch (IOException e) {
            throw damaged(e);
        }
    }

    private TarReader.@Nullable Entry next(TarReader tar) throws IOException {
        try {
            return tar.next();
        } catch (IOException e) {
            throw damaged(e);
        }
    }

    private byte[] content(TarReader.Entry entry, String path, int atMost) throws IOException {
        try {
            if (entry.length() > atMost) {
                throw new IOException(
                        "'" + path + "' has " + entry.length() + " bytes, at most " + atMost + " are expected");
            }
            return entry.content().readAllBytes();
        } catch (IOException e) {
            throw damaged(e);
        }
    }

    /**
     * Writes the first regular file that {@code wanted} accepts by its path, given without a leading slash.
     *
     * @return that path, null if there is no such file
     */
    @Nullable
    String extract(Predicate<String> wanted, int atMost, Path target) throws IOException {
        List<String> found = new ArrayList<>(1);
        visit(wanted, atMost, (path, content) -> {
            found.add(path);
            Files.write(target, content);
            return false;
        });
        return found.isEmpty() ? null : found.getFirst();
    }

    private InputStream open() throws IOException {
        return new BufferedInputStream(Files.newInputStream(file), 1 << 16);
    }

    private static TarReader tar(InputStream archive, String base, long atMost) throws IOException {
        ArReader ar = new ArReader(archive);
        ArReader.Member first = ar.next();
        if (first == null || !first.name().equals("debian-binary")) {
            throw new IOException("its first member is not 'debian-binary'");
        }
        String version = new String(first.content().readNBytes(16), StandardCharsets.US_ASCII);
        if (!version.startsWith("2.")) {
            throw new IOException("its format is '" + version.strip() + "', version 2 is expected");
        }
        for (ArReader.Member member = ar.next(); member != null; member = ar.next()) {
            if (member.name().equals(base) || member.name().startsWith(base + ".")) {
                return new TarReader(new BoundedInputStream(Decompressor.open(member, base), atMost, base));
            }
        }
        throw new IOException("it has no '" + base + "'");
    }

    private static String plain(String path) {
        return path.startsWith("./") ? path.substring(2) : path;
    }

    private static @Nullable String field(String control, String name) {
        String wanted = name + ":";
        StringBuilder value = null;
        for (String line : control.split("\n")) {
            if (value != null && !line.startsWith(" ")) {
                break;
            } else if (value != null) {
                value.append(line);
            } else if (line.regionMatches(true, 0, wanted, 0, wanted.length())) {
                value = new StringBuilder(line.substring(wanted.length()));
            }
        }
        return value == null ? null : value.toString().strip();
    }

    private IOException damaged(IOException cause) {
        return new IOException(file + ": not a Debian package, or a damaged one: " + cause.getMessage(), cause);
    }
}
