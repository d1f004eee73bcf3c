package dev.backplane.machine.pc.image;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.machine.pc.internal.boot.BzImageLoader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A Linux bzImage. */
public final class LinuxImage {
    private LinuxImage() {}

    /**
     * Writes the ELF file that is packed in a bzImage, which has a PVH note where the kernel was built with one.
     *
     * @param image a bzImage whose compression the host knows
     * @param elf made, or overwritten
     * @throws ConfigurationException when the image cannot be read, is damaged, or packs something else
     */
    public static void unpack(Path image, Path elf) throws ConfigurationException, IOException {
        try (FileChannel out = FileChannel.open(
                elf, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            BzImageLoader.unpack(image, bytes -> {
                for (var left = bytes.asByteBuffer(); left.hasRemaining(); ) {
                    out.write(left);
                }
            });
        }
    }
}
