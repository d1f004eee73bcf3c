package dev.backplane.storage.luks.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.PowerCutContract;
import dev.backplane.testkit.image.Qemu;
import dev.backplane.testkit.image.TestImageTarget;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;

class PowerCutTest extends PowerCutContract<LuksOptions, LuksState> {
    private static final StorageRef IMAGE = new StorageRef("image");
    private static final int CAPACITY = 1_500_160;

    @TempDir
    Path folder = Path.of("");

    @Override
    protected StorageOpener<LuksOptions, LuksState> opener() {
        return new LuksFormat();
    }

    @Override
    protected Start<LuksOptions> start(Random random) throws Exception {
        Path key = Files.writeString(folder.resolve("disk.key"), "open sesame");
        TestMachine machine = new TestMachine();
        new LuksFormat()
                .create(LuksContractTest.quick(key), new TestImageTarget(machine, IMAGE, "disk.luks", CAPACITY));
        return new Start<>(
                new LuksOptions(IMAGE, Optional.of(key)),
                Map.of(IMAGE, machine.storage(IMAGE).bytes().toArray(ValueLayout.JAVA_BYTE)),
                new byte[CAPACITY]);
    }

    /** Zeros are bytes like all others, and the length is the file's. */
    @Override
    protected boolean resizesAtOnce() {
        return false;
    }

    @Override
    protected void judge(Map<StorageRef, byte[]> left, String when) throws Exception {
        Path image = Files.write(folder.resolve("cut.luks"), Objects.requireNonNull(left.get(IMAGE)));
        Qemu.must("qemu-img", "info", "-f", "luks", image);
    }
}
