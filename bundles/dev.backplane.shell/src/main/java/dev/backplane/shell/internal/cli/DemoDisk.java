package dev.backplane.shell.internal.cli;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.image.DiskManager;
import dev.backplane.api.storage.image.DiskRequest;
import dev.backplane.api.storage.image.NewDisk;
import dev.backplane.api.storage.image.OpenDisk;
import dev.backplane.guest.DiskGuest;
import dev.backplane.shell.command.CommandException;
import dev.backplane.shell.internal.Failures;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * The disk of one run of the demo.
 *
 * @param file a qcow2 image that the guest may write
 * @param backing the image that shows through it; empty where it stands alone
 */
record DemoDisk(Path file, Optional<Path> backing) {
    private static final String FORMAT = "qcow2";

    /** An overlay of the guest's disk that ends with the run. */
    static DemoDisk overlay(DiskManager disks, DiskGuest guest, RunFolder folder)
            throws ConfigurationException, StorageException {
        disks.create(new NewDisk(
                folder.disk().toString(),
                FORMAT,
                Map.of(),
                OptionalLong.empty(),
                Optional.of(new NewDisk.Backing(guest.disk().toString(), FORMAT))));
        return new DemoDisk(folder.disk(), Optional.of(guest.disk()));
    }

    /** A disk that is kept, and made where it is not there yet. */
    static DemoDisk kept(DiskManager disks, DiskGuest guest, Path name, Consumer<String> progress)
            throws CommandException, IOException {
        Path file = name.toAbsolutePath();
        if (Files.notExists(file)) {
            make(name, file, guest.disk(), progress);
        } else {
            check(disks, name, file);
        }
        return new DemoDisk(file, Optional.empty());
    }

    /** A copy, which nothing that happens to the cache touches. What bears its name is whole. */
    private static void make(Path name, Path file, Path original, Consumer<String> progress)
            throws CommandException, IOException {
        Path folder = file.getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new CommandException("--disk %s: there is no folder %s: make it first".formatted(name, folder));
        }
        progress.accept("Making " + name);
        Path made = null;
        try {
            made = Files.createTempFile(folder, file.getFileName() + ".", ".new");
            try (FileChannel from = FileChannel.open(original);
                    FileChannel to = FileChannel.open(made, StandardOpenOption.WRITE)) {
                for (long done = 0; done < from.size(); ) {
                    done += from.transferTo(done, from.size() - done, to);
                }
                to.force(true);
            }
            Files.move(made, file);
        } catch (FileAlreadyExistsException e) {
            // Another demo was faster: the machine's start tells who has it.
        } catch (IOException e) {
            throw new CommandException("--disk %s cannot be made: %s".formatted(name, Failures.reason(e)), e);
        } finally {
            if (made != null) {
                Files.deleteIfExists(made);
            }
        }
    }

    /** That it is what it should be, in words for the person who has named it. */
    private static void check(DiskManager disks, Path name, Path file) throws CommandException {
        try (OpenDisk disk = disks.open(DiskRequest.of(file.toString()).as(FORMAT))) {
            Optional<OpenDisk> below = disk.backingDisk();
            if (below.isPresent()) {
                throw new CommandException(
                        "--disk %s: it is an overlay of %s: 'backplane disk convert -f %s -O %s %s NEW' makes a disk of it that stands alone"
                                .formatted(name, below.get().location(), FORMAT, FORMAT, name));
            }
        } catch (StorageException e) {
            String found = e.kind() == StorageException.Kind.INVALID_FORMAT ? format(disks, file) : "";
            throw new CommandException(
                    found.isEmpty()
                            ? "--disk %s: %s".formatted(name, e.getMessage())
                            : "--disk %s: %s: name a file that is not there yet, and a disk is made in it, of format %s"
                                    .formatted(name, found, FORMAT),
                    e);
        } catch (ConfigurationException e) {
            throw new CommandException("--disk %s: %s".formatted(name, e.getMessage()), e);
        }
    }

    private static String format(DiskManager disks, Path file) {
        try {
            return disks.recognize(file.toString())
                    .map(format -> "it is an image of format " + format)
                    .orElse("it is no image of a disk");
        } catch (ConfigurationException | StorageException e) {
            return "";
        }
    }
}
