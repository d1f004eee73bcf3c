package dev.backplane.bench.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Four interpreted machines that count their instructions, and stand but while they are measured. */
final class BusyGroup implements AutoCloseable {
    private static final int MACHINES = 4;
    private static final long SETTLING_MILLIS = 200;
    private static final long WINDOW_MILLIS = 1500;
    private static final Path THREADS = Path.of("/proc/self/task");

    private final BusyMachines busy;
    private final List<Vm> machines = new ArrayList<>();

    BusyGroup(VmManager manager, String name, String scheduler)
            throws IOException, ConfigurationException, VmException {
        busy = new BusyMachines(manager);
        try {
            for (int i = 0; i < MACHINES; i++) {
                Vm machine = busy.start(name + i, "soft", scheduler);
                machines.add(machine);
                machine.pause();
            }
        } catch (ConfigurationException | VmException e) {
            busy.close();
            throw e;
        }
    }

    /** Runs them for a moment: the whole process's processor time by their instructions. */
    double nanosAnInstruction() throws VmException, InterruptedException {
        for (Vm machine : machines) {
            machine.resume();
        }
        Thread.sleep(SETTLING_MILLIS);
        long nanos = ProcessorTime.ofThreads(THREADS);
        long instructions = instructions();
        Thread.sleep(WINDOW_MILLIS);
        instructions = instructions() - instructions;
        nanos = ProcessorTime.ofThreads(THREADS) - nanos;
        for (Vm machine : machines) {
            machine.pause();
        }
        return (double) nanos / Math.max(1, instructions);
    }

    private long instructions() {
        return machines.stream()
                .mapToLong(machine -> machine.statistics().getOrDefault("instructions", 0L))
                .sum();
    }

    @Override
    public void close() throws IOException {
        busy.close();
    }
}
