package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.image.PowerCutContract;
import dev.backplane.testkit.image.Qemu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;

class PowerCutTest extends PowerCutContract<QcowOptions, QcowState> {
    private static final StorageRef IMAGE = new StorageRef("image");
    private static final int CAPACITY = 1_500_160;
    private static final String[] VARIANTS = {
        "cluster_size=4096", "cluster_size=512,refcount_bits=8", "cluster_size=65536", "cluster_size=1024,compat=0.10"
    };

    @TempDir
    Path folder = Path.of("");

    @Override
    protected StorageOpener<QcowOptions, QcowState> opener() {
        return new QcowFormat();
    }

    @Override
    protected Start<QcowOptions> start(Random random) throws Exception {
        Path image = folder.resolve("made.qcow2");
        String options = VARIANTS[random.nextInt(VARIANTS.length)];
        Qemu.must("qemu-img", "create", "-q", "-f", "qcow2", "-o", options, image, CAPACITY);
        Qemu.must("qemu-io", "-f", "qcow2", "-c", "write -P 9 0 200k", image);
        Qemu.must("qemu-img", "snapshot", "-c", "before", image);
        byte[] contents = new byte[CAPACITY];
        Arrays.fill(contents, 0, 200 << 10, (byte) 9);
        return new Start<>(
                new QcowOptions(IMAGE, Optional.empty()), Map.of(IMAGE, Files.readAllBytes(image)), contents);
    }

    @Override
    protected void judge(Map<StorageRef, byte[]> left, String when) throws Exception {
        Path image = Files.write(folder.resolve("cut.qcow2"), Objects.requireNonNull(left.get(IMAGE)));
        Qemu.checkIntact("qcow2", image, when);
    }
}
