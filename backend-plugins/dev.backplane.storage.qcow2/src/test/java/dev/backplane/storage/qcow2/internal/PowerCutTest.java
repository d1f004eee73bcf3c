package dev.backplane.storage.qcow2.internal;

import static org.junit.jupiter.api.Assertions.fail;

import dev.backplane.api.storage.StorageException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The power is cut at any moment, within requests too: the image has no corruption, and every byte that was flushed and not written since is
 * there. {@code -Dbackplane.cuts=2000} cuts more often.
 */
@Timeout(3600)
class PowerCutTest {
    private static final int CAPACITY = 1_500_160;

    @TempDir
    Path folder;

    private byte[] made(String options) throws Exception {
        Path image = folder.resolve("made.qcow2");
        Qemu.must("qemu-img", "create", "-q", "-f", "qcow2", "-o", options, image, CAPACITY);
        Qemu.must("qemu-io", "-f", "qcow2", "-c", "write -P 9 0 200k", image);
        Qemu.must("qemu-img", "snapshot", "-c", "before", image);
        return Files.readAllBytes(image);
    }

    @Test
    void noCutLeavesCorruptionOrLosesWhatWasFlushed() throws Exception {
        Qemu.require();
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        int cuts = Integer.getInteger("backplane.cuts", 200);
        String[] options = {
            "cluster_size=4096",
            "cluster_size=512,refcount_bits=8",
            "cluster_size=65536",
            "cluster_size=1024,compat=0.10"
        };
        for (int cut = 0; cut < cuts; ) {
            cut += life(made(options[random.nextInt(options.length)]), random, "seed " + seed + " cut " + cut);
        }
    }

    private byte[] flushed = {};
    private boolean[] changed = {};
    private boolean flushing;
    private int cuts;

    /** One image, written while the power is cut (as it may have been) a number of times. */
    private int life(byte[] image, Random random, String name) throws Exception {
        cuts = 0;
        var storage = new VolatileStorage(image);
        QcowLayer layer = open(storage);
        flushed = new byte[CAPACITY];
        Arrays.fill(flushed, 0, 200 << 10, (byte) 9);
        changed = new boolean[CAPACITY];
        byte[] model = flushed.clone();
        storage.moment = () -> {
            // The order of tables matters while they are written.
            if (random.nextInt(flushing ? 4 : 100) == 0) {
                judge(storage.cut(random), name + "+" + cuts++);
            }
        };
        for (int i = 0; i < 60; i++) {
            int offset = random.nextInt(CAPACITY);
            int length = Math.min(random.nextInt(20_000), CAPACITY - offset);
            switch (random.nextInt(6)) {
                case 0 -> {
                    flushing = true;
                    layer.flush();
                    flushing = false;
                    flushed = model.clone();
                    Arrays.fill(changed, false);
                }
                case 1 -> {
                    Arrays.fill(changed, offset, offset + length, true);
                    layer.zero(offset, length, true);
                    Arrays.fill(model, offset, offset + length, (byte) 0);
                }
                default -> {
                    Arrays.fill(changed, offset, offset + length, true);
                    byte[] bytes = new byte[length];
                    random.nextBytes(bytes);
                    layer.write(offset, MemorySegment.ofArray(bytes));
                    System.arraycopy(bytes, 0, model, offset, length);
                }
            }
            if (random.nextInt(10) == 0) {
                judge(storage.cut(random), name + "+" + cuts++ + " behind operation " + i);
            }
        }
        return cuts;
    }

    private static QcowLayer open(VolatileStorage storage) throws StorageException {
        Image image = new Image(storage);
        return new QcowLayer(image, Header.read(image), null);
    }

    private void judge(byte[] left, String when) {
        byte[] read = new byte[CAPACITY];
        try {
            Path image = Files.write(folder.resolve("cut.qcow2"), left);
            Qemu.checkIntact(image, when);
            open(new VolatileStorage(left)).read(0, MemorySegment.ofArray(read));
        } catch (Exception e) {
            throw new AssertionError(when, e);
        }
        for (int i = 0; i < CAPACITY; i++) {
            if (!changed[i] && read[i] != flushed[i]) {
                fail("%s: byte %d is %d, flushed was %d".formatted(when, i, read[i], flushed[i]));
            }
        }
    }
}
