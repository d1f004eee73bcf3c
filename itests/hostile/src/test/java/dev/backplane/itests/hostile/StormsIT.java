package dev.backplane.itests.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmState;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guests that never stop doing one thing. Each is given some seconds beside a neighbour, and may not leave anything. */
class StormsIT {
    private static final long SECONDS = Long.getLong("itests.storm.seconds", 1);
    private static final int LINES = 200;
    private static final int MUCH_MEMORY = 32 << 20;

    @TempDir
    Path folder;

    private final Logged logged = new Logged();

    @BeforeEach
    void listen() {
        logged.start();
    }

    @AfterEach
    void stopListening() {
        logged.stop();
    }

    @Test
    void timerWithAPeriodOfANanosecond() throws Exception {
        Vm vm = storm(Program.MEMORY, Storms.periodicTimer());
        assertTrue(vm.statistics().get("interrupts") > 100, vm.statistics().toString());
    }

    @Test
    void deadlinesThatAreOver() throws Exception {
        Vm vm = storm(Program.MEMORY, Storms.deadlines());
        assertTrue(vm.statistics().get("interrupts") > 100, vm.statistics().toString());
    }

    @Test
    void interruptsToItself() throws Exception {
        Vm vm = storm(Program.MEMORY, Storms.selfInterrupts());
        assertTrue(vm.statistics().get("interrupts") > 1000, vm.statistics().toString());
    }

    @Test
    void tripleFaults() throws Exception {
        storm(Program.MEMORY, Storms.tripleFaults());
        assertTrue(logged.lines() > 3, logged.lines() + " lines: it has not been reset");
    }

    @Test
    void codeInAllOfMemory() throws Exception {
        Vm vm = storm(MUCH_MEMORY, Storms.codeEverywhere(MUCH_MEMORY));
        assertTrue(
                vm.statistics().get("instructions") > 1_000_000, vm.statistics().toString());
    }

    @Test
    void codeThatChangesAllTheTime() throws Exception {
        Vm vm = storm(Program.MEMORY, Storms.codeThatChanges());
        assertTrue(vm.statistics().get("instructions") > 10_000, vm.statistics().toString());
    }

    private Vm storm(int memory, byte[] kernel) throws Exception {
        Vm vm;
        Footprint before;
        Footprint meanwhile;
        Footprint after;
        try (var machines = new Machines(folder);
                var neighbour = Neighbour.in(machines, "neighbour")) {
            before = Footprint.now();
            vm = machines.start("storm", 1, memory, kernel);
            var share = new Share(neighbour);
            share.add(() -> Thread.sleep(SECONDS * 1000));
            assertEquals(VmState.RUNNING, vm.state());
            // What a guest that runs has decoded and lost since the last collection does not count.
            vm.pause();
            meanwhile = Footprint.now();
            vm.kill("the test is done with it");
            assertEquals(VmState.STOPPED, vm.state());
            vm.remove();
            after = Footprint.settled("storm/");
            System.out.printf(
                    "storm: %s; before %s, meanwhile %s, after %s; the neighbour did %.0f MIPS; %d lines%n",
                    vm.statistics(), before, meanwhile, after, share.mips(), logged.lines());
        }
        assertEquals(List.of(), logged.warnings());
        assertTrue(logged.lines() < LINES, logged.lines() + " lines were logged");
        // An eighth of the heap is for decoded code: a quarter is certainly too much.
        assertTrue(meanwhile.heapBytes()
                < before.heapBytes() + Runtime.getRuntime().maxMemory() / 4);
        after.assertNotMuchMoreThan(before);
        return vm;
    }
}
