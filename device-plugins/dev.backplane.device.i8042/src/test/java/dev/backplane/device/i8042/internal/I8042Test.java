package dev.backplane.device.i8042.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.testkit.DeviceBench;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class I8042Test {
    private static final int OUTPUT_FULL = 0x01;
    private static final int INPUT_FULL = 0x02;
    private static final int FROM_MOUSE = 0x20;

    private final DeviceBench<I8042Options, I8042State> bench =
            DeviceBench.plug(new I8042Factory(), new I8042Options());

    @AfterEach
    void close() {
        bench.close();
    }

    @Test
    void commandFeResets() {
        command(0xfe);
        assertEquals(
                List.of("keyboard controller, command 0xfe"), bench.machine().resets());
    }

    @Test
    void onlyPulsesOfLineZeroReset() {
        for (int command = 0xf1; command <= 0xff; command += 2) {
            command(command);
        }
        assertTrue(bench.machine().resets().isEmpty());
        command(0xf0);
        assertEquals(1, bench.machine().resets().size());
    }

    @Test
    void anOutputPortWithBitZeroClearResetsAndA20IsHarmless() {
        command(0xd1, 0xdf);
        command(0xd1, 0xdd);
        assertTrue(bench.machine().resets().isEmpty());
        assertEquals(0xdf, answer(0xd0), "A20 reads as open");
        command(0xd1, 0xfe);
        assertEquals(
                List.of("keyboard controller, output port 0xfe"),
                bench.machine().resets());
    }

    /** What Linux's driver asks when it probes the ports directly (drivers/input/serio/i8042.c). */
    @Test
    void aProbeGetsEachAnswerAtOnceAndFindsNoMouse() {
        for (int i = 0; i < 16 && (status() & OUTPUT_FULL) != 0; i++) {
            bench.in(0x60, 1);
        }
        assertEquals(0, status() & (OUTPUT_FULL | INPUT_FULL));
        assertEquals(0x55, answer(0xaa));
        int commandByte = answer(0x20);
        command(0x60, commandByte | 0x30);
        assertEquals(commandByte | 0x30, answer(0x20));
        command(0xd3, 0x5a);
        assertEquals(OUTPUT_FULL, status() & (OUTPUT_FULL | FROM_MOUSE));
        assertEquals(0x5a, bench.in(0x60, 1));
        assertEquals(0x01, answer(0xa9));
        assertEquals(0x00, answer(0xab));
    }

    @Test
    void theInputBufferIsNeverFull() {
        for (int value = 0; value < 0x100; value++) {
            command(value);
            assertEquals(0, status() & INPUT_FULL);
            bench.out(0x60, 1, value);
            assertEquals(0, status() & INPUT_FULL);
        }
    }

    @Test
    void aCommandInPlaceOfAParameterForgetsTheFirst() {
        command(0x60);
        command(0xd2, 0x12);
        assertEquals(0x12, bench.in(0x60, 1));
        assertEquals(0x74, answer(0x20));
    }

    private int status() {
        return (int) bench.in(0x64, 1);
    }

    private int answer(int command) {
        command(command);
        assertEquals(OUTPUT_FULL, status() & OUTPUT_FULL, "command 0x" + Integer.toHexString(command));
        int value = (int) bench.in(0x60, 1);
        assertEquals(0, status() & OUTPUT_FULL);
        return value;
    }

    private void command(int command) {
        bench.out(0x64, 1, command);
    }

    private void command(int command, int parameter) {
        command(command);
        bench.out(0x60, 1, parameter);
    }
}
