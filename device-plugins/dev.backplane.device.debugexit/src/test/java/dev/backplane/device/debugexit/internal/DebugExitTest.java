package dev.backplane.device.debugexit.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.DeviceFactory;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.DeviceContract;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DebugExitTest extends DeviceContract<DebugExitOptions, DebugExitState> {
    private static final DebugExitOptions OPTIONS = new DebugExitOptions(0xf4);

    @Override
    protected DeviceFactory<DebugExitOptions, DebugExitState> factory() {
        return new DebugExitFactory();
    }

    @Override
    protected DebugExitOptions options() {
        return OPTIONS;
    }

    @Override
    protected void use(DeviceBench<DebugExitOptions, DebugExitState> bench) {
        bench.in(0xf4, 1);
    }

    @Override
    protected List<?> observe(DeviceBench<DebugExitOptions, DebugExitState> bench) {
        bench.out(0xf4, 1, 3);
        return List.of(bench.in(0xf4, 4), bench.machine().exitStatus());
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "0x10, 33", "0x11, 35", "0x7f, 255", "0x80, 1", "0xff, 255"})
    void theStatusIsTwiceTheValueAndOneModulo256(String value, int status) {
        for (int size : new int[] {1, 2, 4}) {
            try (var bench = DeviceBench.plug(factory(), OPTIONS)) {
                bench.out(0xf4, size, Integer.decode(value));
                assertEquals(status, bench.machine().exitStatus().orElseThrow());
            }
        }
    }

    @Test
    void readingEndsNothing() {
        try (var bench = DeviceBench.plug(factory(), OPTIONS)) {
            assertEquals(0xffff_ffffL, bench.in(0xf4, 4));
            assertTrue(bench.machine().exitStatus().isEmpty());
        }
    }

    @Test
    void thePortIsAnOption() {
        try (var bench = DeviceBench.plug(factory(), new DebugExitOptions(0x501))) {
            bench.out(0xf4, 1, 0);
            assertTrue(bench.machine().exitStatus().isEmpty());
            bench.out(0x501, 1, 0);
            assertEquals(1, bench.machine().exitStatus().orElseThrow());
        }
    }
}
