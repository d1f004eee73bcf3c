package dev.backplane.bench.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import dev.backplane.api.vm.VmSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Machines of one vCPU in this process, each a boot sector that counts for ever. Closing ends them. */
final class BusyMachines implements AutoCloseable {
    /** INC AX, and back to it. */
    private static final byte[] COUNTING = {0x40, (byte) 0xEB, (byte) 0xFD};

    private static final int SECTOR_BYTES = 512;
    private static final Duration AT_ONCE = Duration.ZERO;

    private final VmManager manager;
    private final Path folder;
    private final List<Vm> machines = new ArrayList<>();

    BusyMachines(VmManager manager) throws IOException {
        this.manager = manager;
        folder = Files.createTempDirectory("backplane-bench-");
        byte[] sector = new byte[SECTOR_BYTES];
        System.arraycopy(COUNTING, 0, sector, 0, COUNTING.length);
        sector[SECTOR_BYTES - 2] = 0x55;
        sector[SECTOR_BYTES - 1] = (byte) 0xAA;
        Files.write(folder.resolve("counting"), sector);
    }

    /**
     * Starts one.
     *
     * @param scheduler its scheduler with options, as in a VM file
     */
    Vm start(String name, String cpu, String scheduler) throws ConfigurationException, VmException {
        Vm machine = manager.define(new VmSource("", """
                name: %s
                memory: 1MiB
                cpu: %s
                boot: {kernel: counting}
                scheduler: %s
                """.formatted(name, cpu, scheduler), folder, Map.of()));
        machines.add(machine);
        machine.start(AT_ONCE);
        return machine;
    }

    @Override
    public void close() throws IOException {
        for (Vm machine : machines) {
            machine.kill("measured");
            machine.remove();
        }
        Files.delete(folder.resolve("counting"));
        Files.delete(folder);
    }
}
