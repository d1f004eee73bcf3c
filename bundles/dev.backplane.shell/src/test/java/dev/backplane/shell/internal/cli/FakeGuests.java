package dev.backplane.shell.internal.cli;

import dev.backplane.api.storage.image.DiskManager;
import dev.backplane.guest.DiskGuest;
import dev.backplane.guest.Guest;
import dev.backplane.guest.GuestException;
import dev.backplane.guest.GuestMaker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Guests whose files are in a folder: {@code vmlinuz}, {@code initrd}, {@code disk.qcow2}.
 *
 * @param failure why there is none; null where there is
 */
record FakeGuests(Path folder, @Nullable String failure) implements GuestMaker {
    @Override
    public Path defaultCache() {
        return folder;
    }

    @Override
    public Guest make(Path cache, Consumer<String> progress) throws IOException {
        if (failure != null) {
            throw new GuestException(failure);
        }
        return new Guest("6.1.0", folder.resolve("vmlinuz"), folder.resolve("initrd"));
    }

    @Override
    public DiskGuest makeDisk(Path cache, DiskManager disks, Consumer<String> progress) throws IOException {
        return new DiskGuest(make(cache, progress), folder.resolve("disk.qcow2"));
    }

    @Override
    public void addCommand(Path initrd, String command, Path result) throws IOException {
        Files.writeString(result, command);
    }

    @Override
    public void addPrograms(@Nullable Path initrd, Map<String, byte[]> files, Path result) {
        throw new UnsupportedOperationException();
    }
}
