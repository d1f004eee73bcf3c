package dev.backplane.storage.vdi.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.PowerCutContract;
import dev.backplane.testkit.image.Qemu;
import dev.backplane.testkit.image.TestImageTarget;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;

class PowerCutTest extends PowerCutContract<VdiOptions, VdiState> {
    private static final StorageRef IMAGE = new StorageRef("image");
    private static final int CAPACITY = 4_000_256;

    @TempDir
    Path folder = Path.of("");

    @Override
    protected StorageOpener<VdiOptions, VdiState> opener() {
        return new VdiFormat();
    }

    @Override
    protected Start<VdiOptions> start(Random random) throws Exception {
        TestMachine machine = new TestMachine();
        var creation = new VdiCreation(random.nextInt(8) == 0);
        new VdiFormat().create(creation, new TestImageTarget(machine, IMAGE, "disk.vdi", CAPACITY));
        byte[] image = machine.storage(IMAGE).bytes().toArray(ValueLayout.JAVA_BYTE);
        return new Start<>(
                new VdiOptions(IMAGE), Map.of(IMAGE, withRubbish(image, 4 << 20, random)), new byte[CAPACITY]);
    }

    /** The header and the table are apart: the header's count of blocks may be too high, which harms nobody. */
    @Override
    protected void judge(Map<StorageRef, byte[]> left, String when) throws Exception {
        Path image = Files.write(folder.resolve("cut.vdi"), Objects.requireNonNull(left.get(IMAGE)));
        String said = Qemu.run("qemu-img", "check", "-f", "vdi", image).text();
        List<String> errors =
                said.lines().filter(line -> line.startsWith("ERROR")).toList();
        for (String error : errors) {
            String[] numbers = error.replaceAll("[^0-9]+", " ").strip().split(" ");
            assertEquals(true, error.contains("allocated blocks mismatch"), when + ": " + said);
            assertEquals(true, Integer.parseInt(numbers[0]) < Integer.parseInt(numbers[1]), when + ": " + said);
        }
    }
}
