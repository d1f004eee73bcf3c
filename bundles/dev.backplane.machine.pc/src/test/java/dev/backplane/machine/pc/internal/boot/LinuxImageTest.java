package dev.backplane.machine.pc.internal.boot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.machine.pc.image.LinuxImage;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinuxImageTest {
    @TempDir
    Path folder;

    @Test
    void elfFileInABzImageComesOutAsItWasPacked() throws Exception {
        byte[] elf = TestImages.elf64(true);
        byte[] payload = TestImages.lz4(elf);
        Path image = Files.write(folder.resolve("vmlinuz"), TestImages.bzImage(payload));
        Path unpacked = Files.write(folder.resolve("vmlinux"), new byte[100_000]);
        LinuxImage.unpack(image, unpacked);
        assertArrayEquals(elf, Files.readAllBytes(unpacked));
    }

    @Test
    void fileThatIsNoImageIsRefusedByName() throws Exception {
        Path image = Files.write(folder.resolve("text"), new byte[5000]);
        String message = assertThrows(
                        ConfigurationException.class, () -> LinuxImage.unpack(image, folder.resolve("vmlinux")))
                .getMessage();
        assertTrue(message.contains(image + ": not a Linux bzImage"), message);
    }
}
