package dev.backplane.machine.pc.internal.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.backplane.api.part.ConfigurationException;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever is done to a kernel: it is loaded, or there is an error that names the file. */
class DamagedKernelTest {
    private static final int ROUNDS = 400;
    /** From here on a kernel takes a millisecond. */
    private static final int FIRST_PACKED = 6;

    private static final int[] EXTREMES = {0, 1, -1, 0x7f, 0x80, 0x7fff_ffff, 0x8000_0000, 0xffff, 0x1000};

    private final TestBoot boot;

    DamagedKernelTest() throws ConfigurationException {
        boot = new TestBoot();
    }

    static List<byte[]> kernels() throws IOException {
        byte[] elf = TestImages.elf64(false);
        String withoutChecksum = "6.15";
        return List.of(
                TestImages.bootSector(),
                elf,
                TestImages.elf64(true),
                TestImages.elf32(true),
                TestImages.multibootKludge(),
                TestImages.bzImage(TestImages.lz4(elf)),
                TestImages.bzImage(TestImages.gzip(elf), withoutChecksum),
                TestImages.bzImage(TestImages.xz(elf), withoutChecksum),
                TestImages.bzImage(TestImages.lzma(elf), withoutChecksum),
                TestImages.bzImage(TestImages.zstd(elf), withoutChecksum),
                TestImages.bzImage(TestImages.lz4(elf), withoutChecksum),
                TestImages.bzImage(new byte[64], withoutChecksum));
    }

    @Test
    void aMutatedKernelIsLoadedOrRefusedButNothingElseIsThrown() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        List<byte[]> kernels = kernels();
        for (int kernel = 0; kernel < kernels.size(); kernel++) {
            for (int round = 0; round < ROUNDS; round++) {
                byte[] damaged = mutated(kernels.get(kernel), random);
                check(damaged, "seed " + seed + ", kernel " + kernel + ", round " + round);
            }
        }
    }

    @Test
    void randomBytesAreRefused() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] bytes = new byte[random.nextInt(20_000)];
            random.nextBytes(bytes);
            check(bytes, "seed " + seed + ", round " + round);
        }
    }

    @Test
    void bitsOfHeadersCanBeFlipped() throws Exception {
        List<byte[]> kernels = kernels();
        for (int i = 0; i < kernels.size(); i++) {
            byte[] kernel = kernels.get(i);
            int step = i < FIRST_PACKED ? 1 : 11;
            for (int bit = 0; bit < Math.min(kernel.length, 0x290) * 8; bit += step) {
                byte[] damaged = kernel.clone();
                damaged[bit / 8] ^= (byte) (1 << bit % 8);
                check(damaged, "bit " + bit);
            }
        }
    }

    private void check(byte[] kernel, String what) {
        try {
            boot.load(kernel);
        } catch (ConfigurationException e) {
            assertTrue(e.getMessage().contains("test"), () -> what + ": " + e.getMessage());
        } catch (Throwable e) {
            String start = HexFormat.of().formatHex(Arrays.copyOf(kernel, Math.min(kernel.length, 64)));
            fail(what + ", " + kernel.length + " bytes: " + start, e);
        }
        assertEquals(0, boot.memory().openLeases(), what);
    }

    private static byte[] mutated(byte[] kernel, Random random) {
        byte[] damaged = kernel.clone();
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            int at = random.nextInt(random.nextBoolean() ? Math.min(damaged.length, 0x290) : damaged.length);
            switch (random.nextInt(5)) {
                case 0 -> damaged[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> damaged[at] = (byte) random.nextInt();
                case 2 -> extreme(damaged, at & ~3, EXTREMES[random.nextInt(EXTREMES.length)]);
                case 3 -> {
                    int from = random.nextInt(kernel.length);
                    int length = Math.min(random.nextInt(64), Math.min(damaged.length - at, kernel.length - from));
                    System.arraycopy(kernel, from, damaged, at, length);
                }
                default -> damaged = Arrays.copyOf(damaged, Math.max(1, random.nextInt(damaged.length * 2)));
            }
        }
        return damaged;
    }

    private static void extreme(byte[] bytes, int at, int value) {
        for (int i = 0; i < 4 && at + i < bytes.length; i++) {
            bytes[at + i] = (byte) (value >>> 8 * i);
        }
    }
}
