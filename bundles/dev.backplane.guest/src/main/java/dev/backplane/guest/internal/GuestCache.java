package dev.backplane.guest.internal;

import dev.backplane.guest.Guest;
import dev.backplane.guest.GuestException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Reader;
import java.io.Writer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Properties;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The folder with the guest: {@code guest.properties} names the kernel and busybox beside it, and is written after them. The kernel's
 * package stays there, too: its modules are for who wants a disk. Files are made in {@code work} and renamed, so that what has its name is
 * whole. {@link #fill} is called under a lock.
 */
final class GuestCache {
    private static final String KERNEL_PACKAGE = "linux-image-cloud-amd64";
    private static final String BUSYBOX_PACKAGE = "busybox-static";
    private static final Pattern KERNEL_DEPENDENCY =
            Pattern.compile("\\b(linux-image-[a-z0-9.+-]+)\\s*\\(=\\s*([A-Za-z0-9.+~:-]+)\\s*\\)");
    private static final int LARGEST_FILE = 256 << 20;

    /** How long an initramfs of another version of Backplane stays when nobody starts a guest with it; one that runs reads it again at a reset. */
    private static final Duration UNUSED = Duration.ofDays(30);

    private final Path folder;
    private final Path work;
    private final Path contents;
    private final String recipe;

    GuestCache(Path folder, String recipe) {
        this.folder = folder;
        this.work = folder.resolve("work");
        this.contents = folder.resolve("guest.properties");
        this.recipe = recipe;
    }

    /** The guest, if all of it is there. */
    @Nullable
    Guest ready() throws IOException {
        Properties properties = contents();
        String release = properties.getProperty("release", "");
        Guest guest = guest(release, initrd(properties.getProperty("busybox", "")));
        if (!Files.exists(guest.kernel()) || !Files.exists(guest.initrd())) {
            return null;
        }
        used(guest.initrd());
        return guest;
    }

    /** The file systems of many hosts note no access by themselves. When it was changed stays: others know it by that. */
    private static void used(Path initrd) {
        try {
            Files.getFileAttributeView(initrd, BasicFileAttributeView.class)
                    .setTimes(null, FileTime.from(Instant.now()), null);
        } catch (IOException e) {
            // Somebody else's cache: it is theirs to keep.
        }
    }

    private void removeUnused(Path inUse) throws IOException {
        Instant oldest = Instant.now().minus(UNUSED);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "initrd-*.cpio")) {
            for (Path file : files) {
                FileTime used =
                        Files.readAttributes(file, BasicFileAttributes.class).lastAccessTime();
                if (!file.equals(inUse) && used.toInstant().isBefore(oldest)) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    /** The package that the kernel is from; not there where an older version made this folder. */
    Path kernelPackage(String release) {
        return folder.resolve("linux-image-" + release + ".deb");
    }

    /** Debian's busybox, which is there when {@link #ready} says so. */
    Path busybox() throws IOException {
        return folder.resolve(contents().getProperty("busybox", ""));
    }

    /**
     * Fetches and makes what is missing.
     *
     * @param withPackage whether the kernel's package is to be there, too
     */
    Guest fill(AptGet apt, boolean withPackage, Consumer<String> progress) throws IOException {
        delete(work);
        Files.createDirectories(work);
        try {
            String release = kernel(apt, withPackage, progress);
            String busybox = busybox(apt, progress);
            Path initrd = initrd(busybox);
            if (!Files.exists(initrd)) {
                progress.accept("Making the initramfs");
                Path made = work.resolve("initrd");
                try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(made))) {
                    GuestImage.writeInitramfs(Files.readAllBytes(folder.resolve(busybox)), Map.of(), out);
                }
                publish(made, initrd);
                removeUnused(initrd);
            }
            Properties properties = new Properties();
            properties.setProperty("release", release);
            properties.setProperty("busybox", busybox);
            Path made = work.resolve("properties");
            try (Writer writer = Files.newBufferedWriter(made)) {
                properties.store(writer, "The guest of 'backplane demo'. Remove this folder to have it made anew.");
            }
            publish(made, contents);
            return guest(release, initrd);
        } finally {
            delete(work);
        }
    }

    private String kernel(AptGet apt, boolean withPackage, Consumer<String> progress) throws IOException {
        String known = contents().getProperty("release");
        if (known != null
                && Files.exists(folder.resolve("vmlinuz-" + known))
                && (!withPackage || Files.exists(kernelPackage(known)))) {
            return known;
        }
        progress.accept("Asking apt for the kernel's current version");
        DebPackage meta = new DebPackage(apt.download(KERNEL_PACKAGE, work.resolve("meta")));
        String depends = meta.field("Depends");
        Matcher dependency = KERNEL_DEPENDENCY.matcher(depends == null ? "" : depends);
        if (!dependency.find()) {
            throw new GuestException("the package " + KERNEL_PACKAGE + " depends on '" + depends
                    + "', a kernel of one version was expected: give one with --kernel FILE");
        }
        String name = dependency.group(1);
        progress.accept("Fetching " + name + " " + dependency.group(2) + " (about 25 MiB)");
        Path file = apt.download(name + "=" + dependency.group(2), work.resolve("kernel"));
        progress.accept("Unpacking the kernel");
        String path = extract(file, member -> member.startsWith("boot/vmlinuz-"), "boot/vmlinuz-*");
        String release = path.substring("boot/vmlinuz-".length());
        if (!release.matches("[A-Za-z0-9.+_-]+")) {
            throw new GuestException(file.getFileName() + " has a kernel with the unusable name '" + path + "'");
        }
        publish(file, kernelPackage(release));
        publish(work.resolve("file"), folder.resolve("vmlinuz-" + release));
        return release;
    }

    private String busybox(AptGet apt, Consumer<String> progress) throws IOException {
        String known = contents().getProperty("busybox");
        if (known != null && Files.exists(folder.resolve(known))) {
            return known;
        }
        progress.accept("Fetching " + BUSYBOX_PACKAGE + " (about 1 MiB)");
        Path file = apt.download(BUSYBOX_PACKAGE, work.resolve("busybox"));
        extract(file, member -> member.matches("(usr/)?bin/busybox"), "bin/busybox");
        String version = new DebPackage(file).field("Version");
        String name = "busybox-" + (version == null ? "unknown" : version.replaceAll("[^A-Za-z0-9.+~-]", "_"));
        // To be run in place too, by who wants to see what the guest's applets do.
        if (!work.resolve("file").toFile().setExecutable(true)) {
            throw new IOException("busybox in " + work + " cannot be made executable");
        }
        publish(work.resolve("file"), folder.resolve(name));
        return name;
    }

    /** Leaves the file in the work folder as {@code file}; the result is its path in the package. */
    private String extract(Path deb, Predicate<String> wanted, String name) throws IOException {
        String path = new DebPackage(deb).extract(wanted, LARGEST_FILE, work.resolve("file"));
        if (path == null) {
            throw new GuestException("the package " + deb.getFileName() + " has no file " + name);
        }
        return path;
    }

    /** Empty if there is nothing yet, or nothing readable: it is all made anew then. */
    private Properties contents() throws IOException {
        Properties properties = new Properties();
        if (Files.exists(contents)) {
            try (Reader reader = Files.newBufferedReader(contents)) {
                properties.load(reader);
            } catch (IllegalArgumentException e) {
                properties.clear();
            }
        }
        return properties;
    }

    private Guest guest(String release, Path initrd) {
        return new Guest(release, folder.resolve("vmlinuz-" + release), initrd);
    }

    /** Another recipe or another busybox is another file. */
    private Path initrd(String busybox) {
        return folder.resolve("initrd-" + busybox + "-" + recipe + ".cpio");
    }

    /** Gives a file that is whole its name. */
    static void publish(Path made, Path target) throws IOException {
        // A rename may reach the disk before the file's content does.
        try (FileChannel channel = FileChannel.open(made, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(made, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                    throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
