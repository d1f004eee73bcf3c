package dev.backplane.machine.pc.internal.chip;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.api.device.RegisterHandler;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResetControlTest {
    private final List<String> resets = new ArrayList<>();
    private final ResetControl chip = new ResetControl(resets::add);
    private final RegisterHandler register = chip.resetRegister();

    @Test
    void theFadtsValueResetsAtOnce() {
        register.write(1, 1, ResetControl.RESET_VALUE);
        assertEquals(List.of("reset register, port 0xcf9"), resets);
    }

    @Test
    void theTwoStepsOfAFullResetResetOnce() {
        register.write(1, 1, 0x02);
        assertEquals(0x02, register.read(1, 1));
        assertEquals(0, resets.size());
        register.write(1, 1, 0x0e);
        register.write(1, 1, 0x0e);
        assertEquals(1, resets.size());
    }

    @Test
    void aPciConfigurationAddressIsNoReset() {
        register.write(0, 4, 0x8000_0600L);
        assertEquals(0, resets.size());
        assertEquals(-1, register.read(0, 4));
    }

    @Test
    void fastResetWantsARisingBitAndA20StaysOpen() {
        chip.portA().write(0, 1, 0x00);
        assertEquals(0x02, chip.portA().read(0, 1));
        chip.portA().write(0, 1, 0x03);
        assertEquals(List.of("fast reset, port 0x92"), resets);
        assertEquals(0x03, chip.portA().read(0, 1));
    }
}
