package dev.backplane.device.serial.internal;

import static dev.backplane.device.serial.internal.Registers.*;

import dev.backplane.api.console.ConsoleRef;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.DeviceContract;
import dev.backplane.testkit.RecordedConsole;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

class SerialContractTest extends DeviceContract<SerialOptions, SerialState> {
    private static final int BASE = 0x3f8;
    private static final ConsoleRef CONSOLE = new ConsoleRef("com1.console");

    @Override
    protected DeviceFactory<SerialOptions, SerialState> factory() {
        return new SerialFactory();
    }

    @Override
    protected SerialOptions options() {
        return SerialOptions.com(1, CONSOLE);
    }

    /** FIFOs with bytes below and a break among them, held output, every interrupt pending, the latch open. */
    @Override
    protected void use(DeviceBench<SerialOptions, SerialState> bench) {
        bench.out(BASE + LCR, 1, 0x83);
        bench.out(BASE, 2, 0x0003);
        bench.out(BASE + LCR, 1, 0x03);
        bench.out(BASE + IIR_FCR, 1, 0x81);
        bench.console(CONSOLE).type("abc");
        bench.out(BASE + MCR, 1, MCR_LOOP | MCR_RTS | MCR_OUT1);
        bench.out(BASE, 1, 'l');
        bench.out(BASE + LCR, 1, 0x03 | LCR_BREAK);
        bench.out(BASE + MCR, 1, MCR_RTS | MCR_OUT2);
        bench.out(BASE + SCR, 1, 0x5a);
        bench.out(BASE + IER, 1, IER_BITS);
        bench.console(CONSOLE).setRoom(2);
        for (char each : "hello".toCharArray()) {
            bench.out(BASE, 1, each);
        }
        bench.clock().advance(Duration.ofMillis(1));
    }

    @Override
    protected List<?> observe(DeviceBench<SerialOptions, SerialState> bench) {
        RecordedConsole console = bench.console(CONSOLE);
        List<Object> seen = new ArrayList<>();
        look(bench, seen);
        bench.in(BASE, 1);
        look(bench, seen);
        bench.clock().advance(Duration.ofSeconds(1));
        look(bench, seen);
        console.setRoom(Long.MAX_VALUE);
        console.type("0123456789012345678901234567890");
        for (int i = 0; i < 40; i++) {
            seen.add(bench.in(BASE, 1));
            look(bench, seen);
        }
        bench.out(BASE + LCR, 1, 0x80);
        seen.add(bench.in(BASE, 2));
        seen.add(console.text());
        return seen;
    }

    private static void look(DeviceBench<SerialOptions, SerialState> bench, List<Object> seen) {
        for (int register = IER; register < COUNT; register++) {
            seen.add(bench.in(BASE + register, 1));
        }
        seen.add(bench.line(SerialFactory.INTERRUPT).isUp());
        seen.add(bench.line(SerialFactory.INTERRUPT).edges());
    }

    /** Held output is on its way and survives. */
    @Override
    protected boolean resetForgetsEverything() {
        return false;
    }
}
