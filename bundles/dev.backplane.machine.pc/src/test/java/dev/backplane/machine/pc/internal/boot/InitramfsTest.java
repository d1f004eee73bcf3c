package dev.backplane.machine.pc.internal.boot;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InitramfsTest {
    private static final byte[] ARCHIVE = Cpio.archive("init", "#!/bin/sh\necho hello\n");

    @TempDir
    Path folder;

    private final TestBoot boot;

    InitramfsTest() throws ConfigurationException {
        boot = new TestBoot();
    }

    private void load(byte[]... parts) throws Exception {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.write(part);
        }
        boot.initrd = Optional.of(Files.write(folder.resolve("initrd"), all.toByteArray()));
        boot.load(TestImages.bzImage(TestImages.gzip(TestImages.elf64(false))));
    }

    private String refused(byte[]... parts) {
        return assertThrows(ConfigurationException.class, () -> load(parts)).getMessage();
    }

    @Test
    void anArchiveIsTaken() throws Exception {
        load(ARCHIVE);
    }

    @Test
    void severalArchivesWithZerosBetweenAndAPackedOneBehindAreTaken() throws Exception {
        load(ARCHIVE, new byte[512], ARCHIVE, new byte[4], TestImages.gzip(ARCHIVE));
    }

    @Test
    void packedArchivesAreTaken() throws Exception {
        load(TestImages.gzip(ARCHIVE));
        load(TestImages.xz(ARCHIVE));
        load(TestImages.zstd(ARCHIVE));
        load(TestImages.lz4(ARCHIVE));
        load(TestImages.lzma(ARCHIVE));
    }

    @Test
    void atEveryLengthATruncatedArchiveIsRefused() {
        int end = ARCHIVE.length - 4;
        for (int length = 1; length < end; length++) {
            String message = refused(Arrays.copyOf(ARCHIVE, length));
            assertTrue(message.contains("initrd"), message);
        }
    }

    @Test
    void aFlippedBitInAHeaderIsRefusedOrHarmless() throws Exception {
        for (int bit = 0; bit < 6 * 8; bit++) {
            byte[] damaged = ARCHIVE.clone();
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            if (bit / 8 != 5 || bit % 8 > 1) {
                refused(damaged);
            }
        }
        byte[] size = ARCHIVE.clone();
        size[54] = '7';
        assertTrue(refused(size).contains("beyond the end"));
    }

    @Test
    void randomBytesAreRefused() {
        byte[] random = new byte[10_000];
        new Random(3).nextBytes(random);
        String message = refused(random);
        assertTrue(message.contains("cpio"), message);
    }

    @Test
    void anEmptyFileIsRefused() {
        assertTrue(refused(new byte[0]).contains("empty"));
    }

    @Test
    void aFolderIsRefused() {
        boot.initrd = Optional.of(folder);
        ConfigurationException e = assertThrows(
                ConfigurationException.class,
                () -> boot.load(TestImages.bzImage(TestImages.gzip(TestImages.elf64(false)))));
        assertTrue(e.getMessage().contains("not a regular file"), e.getMessage());
    }
}
