package dev.backplane.device.i8042.internal;

import dev.backplane.api.device.DeviceFactory;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.DeviceContract;
import java.util.ArrayList;
import java.util.List;

class I8042ContractTest extends DeviceContract<I8042Options, I8042State> {
    @Override
    protected DeviceFactory<I8042Options, I8042State> factory() {
        return new I8042Factory();
    }

    @Override
    protected I8042Options options() {
        return new I8042Options();
    }

    /** A byte waits to be read, and a parameter to be written. */
    @Override
    protected void use(DeviceBench<I8042Options, I8042State> bench) {
        bench.out(0x64, 1, 0x60);
        bench.out(0x60, 1, 0x47);
        bench.out(0x64, 1, 0xd1);
        bench.out(0x60, 1, 0xcd);
        bench.out(0x64, 1, 0xaa);
        bench.out(0x64, 1, 0xd2);
    }

    @Override
    protected List<?> observe(DeviceBench<I8042Options, I8042State> bench) {
        List<Object> seen = new ArrayList<>();
        seen.add(bench.in(0x64, 1));
        seen.add(bench.in(0x60, 1));
        bench.out(0x60, 1, 0x99);
        for (int command : new int[] {0x00, 0x20, 0xd0}) {
            bench.out(0x64, 1, command);
            seen.add(bench.in(0x64, 1));
            seen.add(bench.in(0x60, 1));
        }
        seen.add(bench.machine().resets());
        return seen;
    }
}
