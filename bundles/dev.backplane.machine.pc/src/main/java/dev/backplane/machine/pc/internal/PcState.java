package dev.backplane.machine.pc.internal;

import dev.backplane.api.state.StateVersion;
import dev.backplane.machine.pc.internal.chip.Interrupts;
import dev.backplane.machine.pc.internal.chip.IntervalTimer;
import dev.backplane.machine.pc.internal.chip.PowerManagement;
import dev.backplane.machine.pc.internal.chip.ProcessorSlots;
import dev.backplane.machine.pc.internal.chip.ResetControl;
import dev.backplane.machine.pc.internal.pci.PciRoot;
import java.util.Map;
import java.util.Optional;

/**
 * The state of the board. Guest memory, devices and vCPUs have their own.
 *
 * @param interrupts controllers and lines
 * @param timer the 8254
 * @param power ACPI's fixed hardware
 * @param reset the reset registers
 * @param pci the PCI bus
 * @param messages interrupt messages that wait for an engine
 * @param processors the processors, where they come and go
 */
@StateVersion(
        schema = "pc-1",
        writes = 3,
        reads = {2, 3})
public record PcState(
        Interrupts.State interrupts,
        IntervalTimer.State timer,
        PowerManagement.State power,
        ResetControl.State reset,
        PciRoot.State pci,
        long[] messages,
        Optional<ProcessorSlots.State> processors) {
    /** Until version 2 all processors stayed. */
    public static Map<String, Object> upgrade(int version, Map<String, Object> fields) {
        return fields;
    }
}
