package dev.backplane.storage.vhd.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.storage.vhd.internal.VhdCreation.Subformat;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.PowerCutContract;
import dev.backplane.testkit.image.Qemu;
import dev.backplane.testkit.image.TestImageTarget;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;

class PowerCutTest extends PowerCutContract<VhdOptions, VhdState> {
    private static final StorageRef IMAGE = new StorageRef("image");
    private static final int CAPACITY = 5_000_192;

    @TempDir
    Path folder = Path.of("");

    @Override
    protected StorageOpener<VhdOptions, VhdState> opener() {
        return new VhdFormat();
    }

    @Override
    protected Start<VhdOptions> start(Random random) throws Exception {
        TestMachine machine = new TestMachine();
        new VhdFormat()
                .create(new VhdCreation(Subformat.DYNAMIC), new TestImageTarget(machine, IMAGE, "disk.vhd", CAPACITY));
        byte[] image = machine.storage(IMAGE).bytes().toArray(ValueLayout.JAVA_BYTE);
        return new Start<>(
                new VhdOptions(IMAGE), Map.of(IMAGE, withRubbish(image, 3 << 20, random)), new byte[CAPACITY]);
    }

    /** QEMU has no check for this format; it refuses images whose table leads behind the end. */
    @Override
    protected void judge(Map<StorageRef, byte[]> left, String when) throws Exception {
        Path image = Files.write(folder.resolve("cut.vhd"), Objects.requireNonNull(left.get(IMAGE)));
        Qemu.must("qemu-io", "-f", "vpc", "-c", "read 0 512", image);
    }
}
