package dev.backplane.device.nvme.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.backplane.api.device.ResetKind;
import dev.backplane.device.nvme.internal.NvmeDriver.Request;
import dev.backplane.testkit.DeviceBench;
import java.lang.foreign.ValueLayout;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Runs over its corpus in a normal build; {@code JAZZER_FUZZ=1} and {@code -Djazzer.hooks=true} in the test JVM look for more. */
class ControllerFuzzTest {
    /** What a byte stands for; other values begin again from 0. */
    private enum Step {
        REGISTER,
        COMMAND,
        MEMORY,
        DOORBELL,
        SWAP,
        RESET
    }

    @FuzzTest(maxDuration = "60s")
    void aDriverDoesWhatItLikesAndTheControllerComesToRest(byte[] script) {
        ByteBuffer steps = ByteBuffer.wrap(script).order(ByteOrder.LITTLE_ENDIAN);
        try (var bench = NvmeDriver.plug()) {
            NvmeDriver driver = new NvmeDriver(bench).start(2);
            try {
                while (steps.hasRemaining()) {
                    step(bench, driver, steps);
                }
            } catch (BufferUnderflowException e) {
                // The script has ended within a step.
            }
            bench.state();
            assertEquals(List.of(), bench.machine().failures());
        }
    }

    private static void step(DeviceBench<NvmeOptions, NvmeState> bench, NvmeDriver driver, ByteBuffer steps) {
        Step[] all = Step.values();
        switch (all[(steps.get() & 0xff) % all.length]) {
            case REGISTER -> driver.register((steps.getShort() & 0xfff) & -4, steps.getInt());
            case COMMAND -> {
                int queue = steps.get() & 1;
                driver.put(
                        queue,
                        new Request(
                                steps.getShort() & 0xffff,
                                steps.getInt(),
                                steps.getLong(),
                                steps.getLong(),
                                steps.getInt(),
                                steps.getInt(),
                                steps.getInt(),
                                steps.getInt()));
                driver.ring(queue);
            }
            case MEMORY ->
                driver.memory()
                        .set(ValueLayout.JAVA_LONG_UNALIGNED, (steps.getInt() & 0xf_ffff) % 0xf_0000, steps.getLong());
            case DOORBELL -> driver.register(Layout.DOORBELLS + 4 * (steps.get() & 0x1f), steps.getShort());
            case SWAP -> bench.swap();
            case RESET -> bench.reset(ResetKind.SYSTEM);
        }
    }
}
