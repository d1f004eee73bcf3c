package dev.backplane.cpu.kvm.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.backplane.api.cpu.Doorbell;
import dev.backplane.api.cpu.DoorbellPartition;
import dev.backplane.api.cpu.MessageWire;
import dev.backplane.api.cpu.WiredPartition;
import dev.backplane.testkit.cpu.CpuBench;
import dev.backplane.testkit.cpu.SignalContract;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Doorbells and interrupts by the host's event counters. */
@Tag("kvm")
class KvmSignalsTest extends SignalContract {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final int MOST_WIRES = 4096 - 240;

    @Override
    protected CpuBench machine(int vcpus) throws Exception {
        return new CpuBench(KvmHost.usable(), new KvmOptions(), vcpus);
    }

    private static long descriptors() throws IOException {
        try (var all = Files.list(DESCRIPTORS)) {
            return all.count();
        }
    }

    private static Set<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.endsWith("/doorbells"))
                .collect(Collectors.toSet());
    }

    private static void roundTripsBySignals(CpuBench machine, int rounds) throws InterruptedException {
        roundTrips(machine, rounds);
        MessageWire wire = ((WiredPartition) machine.partition()).wire().orElseThrow();
        wire.route(0xfee0_0000L, 0x40);
        ((DoorbellPartition) machine.partition())
                .connect(new Doorbell(BELL, 0, OptionalLong.empty()), wire::signal)
                .orElseThrow();
        machine.runToEnd();
        assertNull(machine.failure());
    }

    @Test
    void aHundredMachinesLeaveNoDescriptorAndNoThread() throws Exception {
        try (CpuBench machine = machine(1)) {
            roundTripsBySignals(machine, 3);
        }
        long before = descriptors();
        for (int i = 0; i < 100; i++) {
            try (CpuBench machine = machine(1)) {
                roundTripsBySignals(machine, 3);
                assertEquals(Set.of("test/doorbells"), threads());
            }
        }
        assertEquals(before, descriptors());
        assertEquals(Set.of(), threads());
    }

    @Test
    void statisticsTellWhatWentWhichWay() throws Exception {
        try (CpuBench machine = machine(1)) {
            roundTripsBySignals(machine, 100);
            var figures = machine.partition().statistics();
            assertEquals(100, figures.get("doorbells"));
            assertEquals(0, figures.get("interrupts.messages"));
            assertEquals(0, figures.get("exits.memory-write"));
        }
    }

    @Test
    void withoutEventCountersNothingIsTaken() throws Exception {
        try (CpuBench machine = new CpuBench(KvmHost.usable(), new KvmOptions(false), 1)) {
            roundTrips(machine, 100);
            machine.onWrite(BELL, () -> machine.partition().message(0xfee0_0000L, 0x40));
            assertTrue(((WiredPartition) machine.partition()).wire().isEmpty());
            assertTrue(((DoorbellPartition) machine.partition())
                    .connect(new Doorbell(BELL, 0, OptionalLong.empty()), () -> {})
                    .isEmpty());
            machine.runToEnd();
            assertNull(machine.failure());
            var figures = machine.partition().statistics();
            assertEquals(100, figures.get("interrupts.messages"));
            assertEquals(100, figures.get("exits.memory-write"));
        }
    }

    @Test
    void whoAsksForMoreWiresThanThereAreGetsNone() throws Exception {
        try (CpuBench machine = machine(1)) {
            WiredPartition partition = (WiredPartition) machine.partition();
            List<MessageWire> wires = new ArrayList<>();
            for (var next = partition.wire(); next.isPresent(); next = partition.wire()) {
                wires.add(next.get());
            }
            assertTrue(wires.size() <= MOST_WIRES, wires.size() + " wires");
            assertTrue(wires.getLast().route(0xfee0_0000L, 0x41));
            wires.getFirst().close();
            assertTrue(partition.wire().isPresent(), "the number of one that has ended");
        }
    }

    /** An I/O APIC's message on a wire: its end would not come back to the board. */
    @Test
    void aLevelTriggeredMessageHasNoWire() throws Exception {
        try (CpuBench machine = machine(1)) {
            MessageWire wire = ((WiredPartition) machine.partition()).wire().orElseThrow();
            assertEquals(false, wire.route(0xfee0_0000L, 0x41 | 1 << 15 | 1 << 14));
        }
    }

    @Test
    void aSignalAllocatesNothing() throws Exception {
        try (CpuBench machine = machine(1)) {
            MessageWire wire = ((WiredPartition) machine.partition()).wire().orElseThrow();
            wire.route(0xfee0_0000L, 0x41);
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long least = Long.MAX_VALUE;
            for (int round = 0; round < 5; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 1000; i++) {
                    wire.signal();
                }
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertTrue(least < 1000, least + " bytes in 1000 signals");
        }
    }
}
