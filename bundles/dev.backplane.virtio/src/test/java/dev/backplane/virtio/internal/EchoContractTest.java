package dev.backplane.virtio.internal;

import dev.backplane.api.device.DeviceFactory;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.DeviceContract;
import dev.backplane.testkit.virtio.VirtioDriver;
import java.util.ArrayList;
import java.util.List;

/** The transport keeps the contract that every part keeps. */
class EchoContractTest extends DeviceContract<EchoFactory.Options, EchoFactory.State> {
    @Override
    protected DeviceFactory<EchoFactory.Options, EchoFactory.State> factory() {
        return new EchoFactory();
    }

    @Override
    protected EchoFactory.Options options() {
        return new EchoFactory.Options();
    }

    @Override
    protected void use(DeviceBench<EchoFactory.Options, EchoFactory.State> bench) {
        var driver = new VirtioDriver(bench).start(1L << EchoFactory.FEATURE);
        driver.configuration(2, 4, 0x1234_5678);
        for (int i = 0; i < 70; i++) {
            driver.ring(i & 1).add(new byte[] {(byte) i, 2}, 2);
            driver.notify(i & 1);
            driver.ring(i & 1).await();
        }
        driver.common(0, 4, 1);
        driver.common(0x16, 2, 1);
    }

    @Override
    protected List<?> observe(DeviceBench<EchoFactory.Options, EchoFactory.State> bench) {
        var driver = new VirtioDriver(bench);
        List<Object> seen = new ArrayList<>();
        // A used buffer is seen before its interrupt, and two queues are two threads.
        bench.state();
        seen.add(bench.pci().takeMessages().stream().sorted().toList());
        for (int offset = 0; offset < 0x3c; offset += offset < 0x10 ? 4 : 2) {
            seen.add(driver.common(offset, offset < 0x10 ? 4 : 2));
        }
        seen.add(driver.configuration(0, 8));
        driver.start(0);
        driver.ring(0).add(new byte[] {9}, 1);
        driver.notify(0);
        seen.add(driver.ring(0).await()[0]);
        return seen;
    }
}
