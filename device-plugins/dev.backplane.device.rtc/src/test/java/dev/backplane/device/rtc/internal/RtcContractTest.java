package dev.backplane.device.rtc.internal;

import static dev.backplane.device.rtc.internal.Registers.*;

import dev.backplane.api.device.DeviceFactory;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.DeviceContract;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

class RtcContractTest extends DeviceContract<RtcOptions, RtcState> {
    @Override
    protected DeviceFactory<RtcOptions, RtcState> factory() {
        return new RtcFactory();
    }

    @Override
    protected RtcOptions options() {
        return new RtcOptions();
    }

    /** Another time and format, an alarm to come, a flag that waits, all interrupts on, a byte of memory. */
    @Override
    protected void use(DeviceBench<RtcOptions, RtcState> bench) {
        write(bench, B, 0x84);
        write(bench, A, 0x70);
        write(bench, HOURS, 0x81);
        write(bench, MINUTES, 59);
        write(bench, SECONDS, 57);
        write(bench, YEAR, 31);
        write(bench, B, 0x04);
        write(bench, A, 0x2d);
        write(bench, HOURS_ALARM, 0xff);
        write(bench, MINUTES_ALARM, 0);
        write(bench, SECONDS_ALARM, 1);
        write(bench, 0x40, 0x77);
        bench.clock().advance(Duration.ofMillis(700));
        write(bench, B, 0x74);
        bench.out(0x70, 1, 0x80 | 0x40);
    }

    @Override
    protected List<?> observe(DeviceBench<RtcOptions, RtcState> bench) {
        List<Object> seen = new ArrayList<>();
        seen.add(bench.in(0x71, 1));
        for (int i = 0; i < 40; i++) {
            seen.add(bench.line(RtcFactory.INTERRUPT).isUp());
            seen.add(bench.line(RtcFactory.INTERRUPT).edges());
            for (int register : new int[] {SECONDS, MINUTES, HOURS, DAY_OF_WEEK, YEAR, A, C}) {
                seen.add(read(bench, register));
            }
            bench.clock().advance(Duration.ofMillis(123));
        }
        return seen;
    }

    /** It has a battery. */
    @Override
    protected boolean resetForgetsEverything() {
        return false;
    }

    static void write(DeviceBench<RtcOptions, RtcState> bench, int register, int value) {
        bench.out(0x70, 1, register);
        bench.out(0x71, 1, value);
    }

    static int read(DeviceBench<RtcOptions, RtcState> bench, int register) {
        bench.out(0x70, 1, register);
        return (int) bench.in(0x71, 1);
    }
}
