package dev.backplane.device.pvpanic.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.DeviceFactory;
import dev.backplane.device.pvpanic.internal.PanicOptions.Bus;
import dev.backplane.device.pvpanic.internal.PanicOptions.OnPanic;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.DeviceContract;
import java.util.List;
import org.junit.jupiter.api.Test;

class PanicTest extends DeviceContract<PanicOptions, PanicState> {
    private static final PanicOptions PCI = new PanicOptions(Bus.PCI, OnPanic.EXIT);

    @Override
    protected DeviceFactory<PanicOptions, PanicState> factory() {
        return new PanicFactory();
    }

    @Override
    protected PanicOptions options() {
        return PCI;
    }

    @Override
    protected void use(DeviceBench<PanicOptions, PanicState> bench) {
        bench.write(PanicFactory.WINDOW, 0, 1, 2);
    }

    @Override
    protected List<?> observe(DeviceBench<PanicOptions, PanicState> bench) {
        bench.write(PanicFactory.WINDOW, 0, 1, 1);
        return List.of(bench.read(PanicFactory.WINDOW, 0, 1), bench.machine().exitStatus());
    }

    @Test
    void aPanicEndsTheMachineWhereThatIsAskedFor() {
        try (var bench = DeviceBench.plug(factory(), PCI)) {
            assertEquals(7, bench.read(PanicFactory.WINDOW, 0, 1));
            bench.write(PanicFactory.WINDOW, 0, 1, 6);
            assertTrue(bench.machine().exitStatus().isEmpty());
            bench.write(PanicFactory.WINDOW, 0, 1, 1);
            assertEquals(1, bench.machine().exitStatus().orElseThrow());
        }
    }

    @Test
    void otherwiseItIsReportedOnly() {
        try (var bench = DeviceBench.plug(factory(), new PanicOptions(Bus.ISA, OnPanic.REPORT))) {
            assertEquals(7, bench.in(0x505, 1));
            bench.out(0x505, 1, 1);
            assertTrue(bench.machine().exitStatus().isEmpty());
        }
    }
}
