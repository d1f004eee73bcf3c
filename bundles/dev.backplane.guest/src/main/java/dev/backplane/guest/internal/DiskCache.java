package dev.backplane.guest.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.DiskManager;
import dev.backplane.api.storage.image.DiskRequest;
import dev.backplane.api.storage.image.NewDisk;
import dev.backplane.api.storage.image.OpenDisk;
import dev.backplane.guest.DiskGuest;
import dev.backplane.guest.Guest;
import dev.backplane.guest.GuestException;
import dev.backplane.guest.internal.ext4.Ext4Writer;
import dev.backplane.guest.internal.module.KernelModules;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/**
 * The guest's disk beside its other files: an image with the root file system, and an initramfs that can get there. Both bear the names of
 * the kernel and of what else they are made of. {@link #fill} is called under the lock of {@link GuestCache}.
 */
final class DiskCache {
    /** What the initramfs loads: disks and networks of virtio. NVMe and ext4 are built into Debian's kernel, and left out where they are. */
    private static final List<String> MODULES = List.of("virtio_pci", "virtio_blk", "nvme", "ext4", "virtio_net");

    /** Raised where the disk comes out differently and no file of the image has changed. */
    private static final int GENERATION = 1;

    private static final String FORMAT = "qcow2";
    private static final long CAPACITY_BYTES = 4L << 30;
    private static final int LARGEST_MODULE = 64 << 20;

    /** Where the package has modules, and what else of them is wanted. Nothing in a name leads elsewhere. */
    private static final String MODULE = "(usr/)?lib/modules/%s/(([A-Za-z0-9][A-Za-z0-9._+-]*/)*"
            + "[A-Za-z0-9][A-Za-z0-9._+-]*\\.ko(\\.xz)?|modules\\.(builtin|order|builtin\\.modinfo))";

    private final Path folder;
    private final Path work;
    private final GuestCache guests;
    private final String recipe;

    DiskCache(Path folder, GuestCache guests, String recipe) {
        this.folder = folder;
        this.work = folder.resolve("work");
        this.guests = guests;
        this.recipe = recipe;
    }

    /** The guest, if all of it is there. */
    @Nullable
    DiskGuest ready() throws IOException {
        Guest guest = guests.ready();
        if (guest == null) {
            return null;
        }
        DiskGuest found = found(guest);
        return Files.exists(found.disk()) && Files.exists(found.guest().initrd()) ? found : null;
    }

    private DiskGuest found(Guest guest) throws IOException {
        String name = guest.release() + "-" + guests.busybox().getFileName() + "-" + recipe + "-" + GENERATION;
        Path initrd = folder.resolve("disk-" + name + ".cpio");
        return new DiskGuest(
                new Guest(guest.release(), guest.kernel(), initrd), folder.resolve("disk-" + name + "." + FORMAT));
    }

    /** Fetches and makes what is missing. */
    DiskGuest fill(AptGet apt, DiskManager disks, Consumer<String> progress) throws IOException {
        Guest guest = guests.ready();
        if (guest == null || !Files.exists(guests.kernelPackage(guest.release()))) {
            guest = guests.fill(apt, true, progress);
        }
        GuestCache.delete(work);
        Files.createDirectories(work);
        try {
            DiskGuest made = found(guest);
            byte[] busybox = Files.readAllBytes(guests.busybox());
            progress.accept("Unpacking the kernel's modules");
            Path modules = unpackModules(made.guest().release());
            KernelModules kernelModules = KernelModules.read(modules);
            progress.accept("Making the initramfs for the disk");
            Path initrd = work.resolve("initrd");
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(initrd))) {
                GuestImage.writeInitramfs(busybox, kernelModules.inOrder(MODULES), out);
            }
            progress.accept("Making the disk (" + (CAPACITY_BYTES >> 30) + " GiB, ext4 in " + FORMAT + ")");
            Path disk = work.resolve("disk");
            makeDisk(disks, disk, tree -> {
                GuestImage.write(busybox, tree);
                writeModules(modules, made.guest().release(), kernelModules, tree);
            });
            removeOlder();
            GuestCache.publish(initrd, made.guest().initrd());
            GuestCache.publish(disk, made.disk());
            // Whoever opens it to write has mistaken it for something else.
            Files.setPosixFilePermissions(made.disk(), PosixFilePermissions.fromString("r--r--r--"));
            return made;
        } finally {
            GuestCache.delete(work);
        }
    }

    private Path unpackModules(String release) throws IOException {
        String wanted = MODULE.formatted(Pattern.quote(release));
        String prefix = "lib/modules/" + release + "/";
        Path modules = Files.createDirectories(work.resolve("modules"));
        Path file = guests.kernelPackage(release);
        new DebPackage(file).visit(path -> path.matches(wanted), LARGEST_MODULE, (path, content) -> {
            String below = path.substring(path.indexOf(prefix) + prefix.length());
            boolean packed = below.endsWith(".xz");
            Path target = modules.resolve(packed ? below.substring(0, below.length() - 3) : below);
            Files.createDirectories(target.getParent());
            Files.write(target, packed ? unpack(content, path) : content);
            return true;
        });
        if (!Files.exists(modules.resolve("modules.builtin"))) {
            throw new GuestException(file + " has no file /lib/modules/" + release + "/modules.builtin: a package of"
                    + " Debian's kernel was expected; remove " + folder + " to have it fetched anew");
        }
        return modules;
    }

    private static byte[] unpack(byte[] packed, String path) throws IOException {
        try (InputStream plain =
                new BoundedInputStream(new XZInputStream(new ByteArrayInputStream(packed)), LARGEST_MODULE, path)) {
            return plain.readAllBytes();
        }
    }

    /** Fills a file system. */
    @FunctionalInterface
    private interface Contents {
        void write(TreeWriter tree) throws IOException;
    }

    private static void makeDisk(DiskManager disks, Path file, Contents contents) throws IOException {
        String location = file.toString();
        try {
            disks.create(new NewDisk(location, FORMAT, Map.of(), OptionalLong.of(CAPACITY_BYTES), Optional.empty()));
            DiskRequest request =
                    DiskRequest.of(location).as(FORMAT).forWriting().withoutFlushing();
            try (OpenDisk disk = disks.open(request)) {
                TreeWriter tree = new Ext4Writer(disk.storage(), UUID.randomUUID(), Instant.now());
                contents.write(tree);
                tree.finish();
            }
        } catch (ConfigurationException | StorageException e) {
            throw new GuestException("the guest's disk cannot be made: " + e.getMessage(), e);
        }
    }

    private static void writeModules(Path modules, String release, KernelModules known, TreeWriter tree)
            throws IOException {
        String root = "lib/modules/" + release;
        tree.directory(root, 0755);
        try (Stream<Path> files = Files.walk(modules)) {
            for (Path file : (Iterable<Path>) files.sorted().skip(1)::iterator) {
                String path = root + "/" + modules.relativize(file);
                if (Files.isDirectory(file)) {
                    tree.directory(path, 0755);
                } else {
                    tree.file(path, 0644, Files.readAllBytes(file));
                }
            }
        }
        tree.file(root + "/modules.dep", 0644, known.dependencies());
        tree.file(root + "/modules.alias", 0644, known.aliases());
    }

    /** A machine that runs from one of them has it open. */
    private void removeOlder() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "disk-*")) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
    }
}
