package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.PowerCutContract;
import dev.backplane.testkit.image.Qemu;
import dev.backplane.testkit.image.TestImageTarget;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;

class EncryptedPowerCutTest extends PowerCutContract<QcowOptions, QcowState> {
    private static final StorageRef IMAGE = new StorageRef("image");
    private static final int CAPACITY = 1_500_160;
    private static final int LEAKS = 3;

    @TempDir
    Path folder = Path.of("");

    @Override
    protected StorageOpener<QcowOptions, QcowState> opener() {
        return new QcowFormat();
    }

    @Override
    protected Start<QcowOptions> start(Random random) throws Exception {
        Encrypted encrypted = Encrypted.in(folder);
        TestMachine machine = new TestMachine();
        int[] sizes = {512, 4096, 65536};
        new QcowFormat()
                .create(
                        encrypted.creation("1.1", sizes[random.nextInt(sizes.length)], false),
                        new TestImageTarget(machine, IMAGE, "disk.qcow2", CAPACITY));
        byte[] contents = new byte[CAPACITY];
        Arrays.fill(contents, 0, 200 << 10, (byte) 9);
        try (var bench = StorageBench.plug(new QcowFormat(), encrypted.options(IMAGE), machine)) {
            bench.layer().write(0, MemorySegment.ofArray(contents).asSlice(0, 200 << 10));
            ((QcowLayer) bench.layer()).createSnapshot("before");
            bench.layer().flush();
        }
        return new Start<>(
                encrypted.options(IMAGE),
                Map.of(IMAGE, machine.storage(IMAGE).bytes().toArray(ValueLayout.JAVA_BYTE)),
                contents,
                Map.of("before", contents));
    }

    @Override
    protected void judge(Map<StorageRef, byte[]> left, String when) throws Exception {
        Path image = Files.write(folder.resolve("cut.qcow2"), Objects.requireNonNull(left.get(IMAGE)));
        Qemu.Said said = Encrypted.in(folder).run(image, "qemu-img", "check");
        if (said.status() != 0 && said.status() != LEAKS) {
            throw new AssertionError(when + ": " + said);
        }
    }
}
