package dev.backplane.storage.vhdx.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.storage.vhdx.internal.VhdxCreation.Subformat;
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

class PowerCutTest extends PowerCutContract<VhdxOptions, VhdxState> {
    private static final StorageRef IMAGE = new StorageRef("image");
    private static final int CAPACITY = 4_000_256;

    @TempDir
    Path folder = Path.of("");

    @Override
    protected StorageOpener<VhdxOptions, VhdxState> opener() {
        return new VhdxFormat();
    }

    @Override
    protected Start<VhdxOptions> start(Random random) throws Exception {
        TestMachine machine = new TestMachine();
        new VhdxFormat()
                .create(
                        JudgedTest.creation(Subformat.DYNAMIC),
                        new TestImageTarget(machine, IMAGE, "disk.vhdx", CAPACITY));
        byte[] image = machine.storage(IMAGE).bytes().toArray(ValueLayout.JAVA_BYTE);
        return new Start<>(
                new VhdxOptions(IMAGE), Map.of(IMAGE, withRubbish(image, 3 << 20, random)), new byte[CAPACITY]);
    }

    /** QEMU applies the log as we do. */
    @Override
    protected void judge(Map<StorageRef, byte[]> left, String when) throws Exception {
        byte[] bytes = Objects.requireNonNull(left.get(IMAGE));
        Path image = Files.write(folder.resolve("cut.vhdx"), bytes);
        Qemu.must("qemu-img", "check", "-r", "all", "-f", "vhdx", image);
        assertArrayEquals(readAll(bytes), readAll(Files.readAllBytes(image)), when);
    }

    private static byte[] readAll(byte[] image) throws StorageException {
        VhdxLayer disk = VhdxLayer.open(new VolatileStorage(image, () -> {}));
        byte[] all = new byte[(int) disk.capacityBytes()];
        disk.read(0, MemorySegment.ofArray(all));
        return all;
    }
}
