package dev.backplane.guest.internal;

import dev.backplane.api.storage.image.DiskManager;
import dev.backplane.guest.DiskGuest;
import dev.backplane.guest.Guest;
import dev.backplane.guest.GuestException;
import dev.backplane.guest.GuestMaker;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Debian's cloud kernel and busybox. */
@Component
public final class DebianGuestMaker implements GuestMaker {
    /** From a cache folder and a listener for progress. */
    private final BiFunction<Path, Consumer<String>, AptGet> apt;

    /** For Declarative Services. */
    @Activate
    public DebianGuestMaker() {
        this((cache, progress) -> new AptGet(cache.resolve("work/apt"), progress));
    }

    DebianGuestMaker(BiFunction<Path, Consumer<String>, AptGet> apt) {
        this.apt = apt;
    }

    @Override
    public Path defaultCache() {
        String cache = System.getenv("XDG_CACHE_HOME");
        Path base = cache != null && cache.startsWith("/")
                ? Path.of(cache)
                : Path.of(System.getProperty("user.home"), ".cache");
        return base.resolve("backplane").resolve("guest");
    }

    @Override
    public synchronized Guest make(Path cache, Consumer<String> progress) throws IOException {
        GuestCache guests = new GuestCache(cache.toAbsolutePath(), GuestImage.recipe());
        Guest ready = guests.ready();
        if (ready != null) {
            return ready;
        }
        return locked(cache, progress, () -> {
            Guest made = guests.ready();
            return made != null ? made : guests.fill(apt.apply(cache.toAbsolutePath(), progress), false, progress);
        });
    }

    @Override
    public synchronized DiskGuest makeDisk(Path cache, DiskManager disks, Consumer<String> progress)
            throws IOException {
        Path folder = cache.toAbsolutePath();
        GuestCache guests = new GuestCache(folder, GuestImage.recipe());
        DiskCache images = new DiskCache(folder, guests, GuestImage.recipe());
        DiskGuest ready = images.ready();
        if (ready != null) {
            return ready;
        }
        return locked(cache, progress, () -> {
            DiskGuest made = images.ready();
            return made != null ? made : images.fill(apt.apply(folder, progress), disks, progress);
        });
    }

    /** Makes something, which may fail. */
    @FunctionalInterface
    private interface Making<T> {
        T make() throws IOException;
    }

    /** Does it while no other process does. */
    private static <T> T locked(Path cache, Consumer<String> progress, Making<T> making) throws IOException {
        try {
            Files.createDirectories(cache);
        } catch (IOException e) {
            throw new GuestException(
                    "the cache folder " + cache + " cannot be made (" + e + "): set XDG_CACHE_HOME to one that can", e);
        }
        try (FileChannel channel =
                        FileChannel.open(cache.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = lock(channel, progress)) {
            assert lock.isValid();
            return making.make();
        } catch (GuestException e) {
            throw e;
        } catch (IOException e) {
            throw new GuestException("the guest cannot be made in " + cache + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void addCommand(Path initrd, String command, Path result) throws IOException {
        add(initrd, result, out -> GuestImage.writeCommand(command, out));
    }

    @Override
    public void addPrograms(@Nullable Path initrd, Map<String, byte[]> files, Path result) throws IOException {
        add(initrd, result, out -> GuestImage.writePrograms(files, out));
    }

    /** Writes an archive. */
    @FunctionalInterface
    private interface Archive {
        void write(OutputStream out) throws IOException;
    }

    private static void add(@Nullable Path initrd, Path result, Archive archive) throws IOException {
        if (initrd == null) {
            Files.write(result, new byte[0]);
        } else {
            Files.copy(initrd, result, StandardCopyOption.REPLACE_EXISTING);
        }
        long length = Files.size(result);
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(result, StandardOpenOption.APPEND))) {
            // The kernel passes over zeros between archives, and a header has to lie at a multiple of four.
            out.write(new byte[(int) (-length & 3)]);
            archive.write(out);
        }
    }

    private static FileLock lock(FileChannel channel, Consumer<String> progress) throws IOException {
        FileLock lock = channel.tryLock();
        if (lock != null) {
            return lock;
        }
        progress.accept("Waiting for another process that makes the guest");
        return channel.lock();
    }
}
