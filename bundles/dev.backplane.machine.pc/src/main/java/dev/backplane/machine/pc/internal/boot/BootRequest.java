package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.machine.BootSource;
import dev.backplane.api.memory.RamRange;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * One loading of a machine.
 *
 * @param source what the VM file asks for
 * @param memory guest memory, with what firmware has placed
 * @param ram where RAM lies
 * @param rsdp where the ACPI root pointer is
 * @param arena host memory until the loading is over
 */
public record BootRequest(BootSource source, BootMemory memory, List<RamRange> ram, long rsdp, Arena arena) {
    /** Where RAM below 4 GiB ends. */
    long lowRamEnd() {
        return ram.get(1).end();
    }
}
