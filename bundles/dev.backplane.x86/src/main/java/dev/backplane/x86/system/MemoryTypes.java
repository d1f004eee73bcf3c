package dev.backplane.x86.system;

import dev.backplane.api.cpu.VcpuState;
import java.util.ArrayList;
import java.util.List;

/** The memory type range registers as every backend has to set them up: as firmware would leave them. */
public final class MemoryTypes {
    private MemoryTypes() {}

    /** Their numbers and values after power-on. */
    public static List<VcpuState.Msr> afterPowerOn() {
        Mtrrs registers = new Mtrrs();
        List<VcpuState.Msr> msrs = new ArrayList<>();
        for (int number : Mtrrs.numbers()) {
            msrs.add(new VcpuState.Msr(number, registers.read(number)));
        }
        return List.copyOf(msrs);
    }
}
