package dev.backplane.guest;

import dev.backplane.api.storage.image.DiskManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/** Makes the guest of {@code backplane demo}. Calls block, on the network too, and may come from any thread. */
@ProviderType
public interface GuestMaker {
    /** {@code $XDG_CACHE_HOME/backplane/guest}, or the same below {@code ~/.cache}. */
    Path defaultCache();

    /**
     * The guest in {@code cache}, fetched and made first where it is missing. Two processes may ask at the same time: one
     * waits for the other. What is half done does not count, so an interrupted call is simply repeated.
     *
     * @param cache made if missing; remove it to have newer packages fetched
     * @param progress gets one line when a step begins; nothing when the guest is there already
     * @throws GuestException if it cannot be made
     */
    Guest make(Path cache, Consumer<String> progress) throws IOException;

    /**
     * The same guest with its root file system on a disk, fetched and made first where it is missing. The disk is a sparse qcow2 image
     * with an ext4 file system over all of its length, in which all modules of the kernel are, too. It is made once and never written: who
     * boots from it makes an overlay or a copy.
     *
     * @param cache as for {@link #make}
     * @param disks makes the image
     * @param progress gets one line when a step begins; nothing when it is all there already
     * @throws GuestException if it cannot be made
     */
    DiskGuest makeDisk(Path cache, DiskManager disks, Consumer<String> progress) throws IOException;

    /**
     * Writes an initramfs whose guest runs one command when booted with {@link GuestArguments#exec()}.
     *
     * @param initrd any initramfs that has {@code /bin/busybox}, compressed or not: a {@link Guest}'s or a user's own. It
     *     is copied, followed by a second archive with the command and the scripts that run it
     * @param command the text of a shell script, of any length and content
     * @param result replaced if it exists
     */
    void addCommand(Path initrd, String command, Path result) throws IOException;

    /**
     * Writes an initramfs with executable files put over another.
     *
     * @param initrd any initramfs, compressed or not; null for none: the result holds the files alone
     * @param files contents by path without a leading slash; folders in a path must be there already
     * @param result replaced if it exists
     */
    void addPrograms(@Nullable Path initrd, Map<String, byte[]> files, Path result) throws IOException;
}
