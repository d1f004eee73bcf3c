package dev.backplane.storage.parallels.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.PowerCutContract;
import dev.backplane.testkit.image.Qemu;
import dev.backplane.testkit.image.TestImageTarget;
import dev.backplane.testkit.image.VolatileStorage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;

class PowerCutTest extends PowerCutContract<ParallelsOptions, ParallelsState> {
    private static final StorageRef IMAGE = new StorageRef("image");
    private static final int CAPACITY = 2_000_384;

    @TempDir
    Path folder = Path.of("");

    @Override
    protected StorageOpener<ParallelsOptions, ParallelsState> opener() {
        return new ParallelsFormat();
    }

    @Override
    protected Start<ParallelsOptions> start(Random random) throws Exception {
        TestMachine machine = new TestMachine();
        int cluster = random.nextBoolean() ? 64 << 10 : 63 * 512;
        new ParallelsFormat()
                .create(new ParallelsCreation(cluster), new TestImageTarget(machine, IMAGE, "disk.hdd", CAPACITY));
        byte[] image = machine.storage(IMAGE).bytes().toArray(ValueLayout.JAVA_BYTE);
        return new Start<>(
                new ParallelsOptions(IMAGE), Map.of(IMAGE, withRubbish(image, 1 << 20, random)), new byte[CAPACITY]);
    }

    /** An image that was not closed is no more than that: QEMU closes it, and the disk stays as it was. */
    @Override
    protected void judge(Map<StorageRef, byte[]> left, String when) throws Exception {
        byte[] bytes = Objects.requireNonNull(left.get(IMAGE));
        Path image = Files.write(folder.resolve("cut.hdd"), bytes);
        Qemu.Said said = Qemu.run("qemu-img", "check", "-f", "parallels", image);
        assertTrue(
                said.text()
                        .lines()
                        .filter(line -> line.startsWith("ERROR"))
                        .allMatch(line -> line.contains("not closed correctly") || line.contains("leaked")),
                when + ": " + said);
        if (said.text().contains("not closed")) {
            Qemu.must("qemu-img", "check", "-r", "all", "-f", "parallels", image);
            assertArrayEquals(readAll(bytes), readAll(Files.readAllBytes(image)), when);
        }
    }

    private static byte[] readAll(byte[] image) throws StorageException {
        TestMachine machine = new TestMachine();
        machine.plug(IMAGE, new VolatileStorage(image, () -> {}));
        try (var bench = StorageBench.plug(new ParallelsFormat(), new ParallelsOptions(IMAGE), machine)) {
            byte[] all = new byte[(int) bench.layer().capacityBytes()];
            bench.layer().read(0, MemorySegment.ofArray(all));
            return all;
        }
    }
}
