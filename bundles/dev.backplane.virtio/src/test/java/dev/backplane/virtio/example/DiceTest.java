package dev.backplane.virtio.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.DeviceFactory;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.DeviceContract;
import dev.backplane.testkit.virtio.VirtioDriver;
import dev.backplane.virtio.internal.PciTransportService;
import java.util.List;
import org.junit.jupiter.api.Test;

// @start region="test"
/** The kit's contract of every device (swap, reset, state), and what is this one's own. */
class DiceTest extends DeviceContract<DiceOptions, DiceState> {
    @Override
    protected DeviceFactory<DiceOptions, DiceState> factory() {
        return new DiceFactory(new PciTransportService());
    }

    @Override
    protected DiceOptions options() {
        return new DiceOptions(6);
    }

    private static byte[] dice(VirtioDriver driver, int count) {
        driver.ring(0).add(new byte[0], count);
        driver.notify(0);
        return driver.ring(0).await();
    }

    @Override
    protected void use(DeviceBench<DiceOptions, DiceState> bench) {
        dice(new VirtioDriver(bench).start(0), 100);
    }

    @Override
    protected List<?> observe(DeviceBench<DiceOptions, DiceState> bench) {
        var driver = new VirtioDriver(bench);
        return List.of(driver.configuration(0, 4), driver.configuration(4, 8));
    }

    @Test
    void everyByteOfABufferIsAThrow() {
        try (var bench = DeviceBench.plug(factory(), options())) {
            byte[] faces = dice(new VirtioDriver(bench).start(0), 1000);
            assertEquals(1000, faces.length);
            for (byte face : faces) {
                assertTrue(face >= 1 && face <= 6, "a face of " + face);
            }
        }
    }
}
// @end
