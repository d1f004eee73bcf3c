package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.PowerCutContract;
import dev.backplane.testkit.image.Qemu;
import dev.backplane.testkit.image.TestImageTarget;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;

class PowerCutTest extends PowerCutContract<VmdkOptions, VmdkState> {
    private static final StorageRef IMAGE = new StorageRef("cut.vmdk");
    private static final int CAPACITY = 2_000_384;

    @TempDir
    Path folder = Path.of("");

    @Override
    protected StorageOpener<VmdkOptions, VmdkState> opener() {
        return new VmdkFormat();
    }

    @Override
    protected Start<VmdkOptions> start(Random random) throws Exception {
        TestMachine machine = new TestMachine();
        String subformat = random.nextInt(3) == 0 ? "twoGbMaxExtentSparse" : "monolithicSparse";
        TestImageTarget target = new TestImageTarget(machine, IMAGE, IMAGE.bay(), CAPACITY);
        new VmdkFormat().create(new VmdkCreation(subformat, "ide"), target);
        Map<StorageRef, byte[]> files = new LinkedHashMap<>();
        files.put(IMAGE, machine.storage(IMAGE).bytes().toArray(ValueLayout.JAVA_BYTE));
        for (StorageRef extent : target.siblings()) {
            files.put(extent, machine.storage(extent).bytes().toArray(ValueLayout.JAVA_BYTE));
        }
        List<StorageRef> extents = target.siblings();
        StorageRef sparse = extents.isEmpty() ? IMAGE : extents.getFirst();
        files.computeIfPresent(sparse, (key, bytes) -> withRubbish(bytes, 1 << 20, random));
        return new Start<>(new VmdkOptions(IMAGE, extents), files, new byte[CAPACITY]);
    }

    @Override
    protected void judge(Map<StorageRef, byte[]> left, String when) throws Exception {
        for (var each : left.entrySet()) {
            Files.write(folder.resolve(each.getKey().bay()), each.getValue());
        }
        Qemu.checkIntact("vmdk", folder.resolve(IMAGE.bay()), when);
    }
}
