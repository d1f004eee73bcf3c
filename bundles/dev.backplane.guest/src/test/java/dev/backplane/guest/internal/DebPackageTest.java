package dev.backplane.guest.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DebPackageTest {
    private static final String CONTROL = "Package: x\nDescription: short\n more\n  of it\ndepends: y (= 1)\n";

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"", ".gz", ".xz", ".zst"})
    void fieldsAndFilesAreFoundWithEveryCompression(String compression) throws Exception {
        byte[] kernel = new byte[100_000];
        new Random(7).nextBytes(kernel);
        DebPackage deb =
                write(Packages.deb(CONTROL, compression, "./etc/other", new byte[3000], "./boot/vmlinuz-1", kernel));
        assertEquals("y (= 1)", deb.field("Depends"));
        assertEquals("short more  of it", deb.field("Description"));
        assertNull(deb.field("Recommends"));
        Path target = folder.resolve("kernel");
        assertEquals("boot/vmlinuz-1", deb.extract(name -> name.startsWith("boot/"), 100_000, target));
        assertArrayEquals(kernel, Files.readAllBytes(target));
        assertNull(deb.extract(name -> name.equals("absent"), 1, target));
    }

    @Test
    void fileLargerThanExpectedIsRefused() throws Exception {
        DebPackage deb = write(Packages.deb(CONTROL, ".xz", "./file", new byte[1000]));
        var refused = assertThrows(IOException.class, () -> deb.extract(name -> true, 999, folder.resolve("target")));
        assertTrue(refused.getMessage().contains("'file' has 1000 bytes, at most 999"), refused.getMessage());
    }

    @Test
    void controlFileThatExpandsWithoutEndIsRefused() throws Exception {
        byte[] bomb = Packages.compress(Packages.tar("./control", new byte[64 << 20]), ".xz");
        DebPackage deb = write(Packages.ar("debian-binary", Packages.ascii("2.0\n"), "control.tar.xz", bomb));
        var refused = assertThrows(IOException.class, () -> deb.field("Depends"));
        assertTrue(refused.getMessage().contains("expands to more than"), refused.getMessage());
    }

    @Test
    void damagedPackagesAreRefusedOrReadButNothingElse() throws Exception {
        byte[] whole = Packages.deb(CONTROL, ".xz", "./file", new byte[5000]);
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            byte[] damaged = random.nextBoolean() ? Arrays.copyOf(whole, random.nextInt(whole.length)) : whole.clone();
            for (int flips = random.nextInt(4); flips > 0 && damaged.length > 0; flips--) {
                damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            }
            DebPackage deb = write(damaged);
            try {
                deb.field("Depends");
                deb.extract(name -> name.equals("file"), 5000, folder.resolve("target"));
            } catch (IOException refused) {
                assertTrue(refused.getMessage().contains("x.deb"), "seed " + seed + ": " + refused);
            }
        }
    }

    @Test
    void unknownCompressionIsNamed() throws Exception {
        DebPackage deb = write(Packages.ar("debian-binary", Packages.ascii("2.0\n"), "control.tar.br", new byte[9]));
        var refused = assertThrows(IOException.class, () -> deb.field("Depends"));
        assertTrue(refused.getMessage().contains("control.tar.br"), refused.getMessage());
    }

    private DebPackage write(byte[] bytes) throws IOException {
        Path file = folder.resolve("x.deb");
        Files.write(file, bytes);
        return new DebPackage(file);
    }
}
