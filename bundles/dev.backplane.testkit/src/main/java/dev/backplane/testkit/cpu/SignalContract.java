package dev.backplane.testkit.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.Doorbell;
import dev.backplane.api.cpu.DoorbellPartition;
import dev.backplane.api.cpu.DoorbellPartition.Connection;
import dev.backplane.api.cpu.MessageWire;
import dev.backplane.api.cpu.WiredPartition;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a backend promises whose partitions are {@link DoorbellPartition}s and {@link WiredPartition}s, on a host where they take what is
 * asked of them. Its test inherits it.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
public abstract class SignalContract {
    /** A register that only says that it was written. */
    public static final long BELL = 0xfec0_2000L;

    private static final long HANDLER = 0x9000;
    private static final long COUNT = 0xb000;
    private static final int VECTOR = 0x40;
    private static final long ADDRESS = 0xfee0_0000L;
    /** lock inc dword [0xb000]; mov dword [0xfee000b0], 0 (EOI); ret 8. */
    private static final String COUNT_AND_EOI = "f0ff0500b00000 c705b000e0fe00000000 c20800";
    /** mov al, 0; out 0xf4, al. */
    private static final String STOP = "b000 e6f4";

    private static final Doorbell DOORBELL = new Doorbell(BELL, 0, OptionalLong.empty());

    /** For the backend's test. */
    protected SignalContract() {}

    /**
     * A machine with a partition of the backend in question, new for each test.
     *
     * @param vcpus how many vCPUs it is to have
     * @return the machine
     * @throws Exception when it cannot be made
     */
    protected abstract CpuBench machine(int vcpus) throws Exception;

    /**
     * Puts the round-trip program into a machine: rings {@link #BELL} and waits, halted, for the interrupt with vector 0x40, so many times.
     *
     * @param machine of one vCPU
     * @param rounds how many times
     */
    public static void roundTrips(CpuBench machine, int rounds) {
        StartStates.tables(machine::put64, HANDLER, VECTOR);
        machine.put(HANDLER, COUNT_AND_EOI);
        machine.put64(COUNT, 0);
        // again: inc edx; mov [BELL], eax; wait: cmp [COUNT], edx; je next; sti; hlt; jmp wait; next: dec ecx; jnz
        // again
        machine.put(StartStates.CODE, "42 a30020c0fe 391500b00000 7404 fb f4 ebf4 49 75eb" + STOP);
        var start = StartStates.protectedMode(0, StartStates.CODE);
        start.general()[1] = rounds;
        machine.partition().load(0, start);
    }

    private static DoorbellPartition doorbells(CpuBench machine) {
        return (DoorbellPartition) machine.partition();
    }

    private static MessageWire wire(CpuBench machine) {
        return ((WiredPartition) machine.partition()).wire().orElseThrow();
    }

    @Test
    void aBellAndAWireNeedNeitherAnExitNorAMessage() throws Exception {
        try (CpuBench machine = machine(1)) {
            roundTrips(machine, 500);
            MessageWire wire = wire(machine);
            assertTrue(wire.route(ADDRESS, VECTOR));
            AtomicInteger rung = new AtomicInteger();
            doorbells(machine)
                    .connect(DOORBELL, () -> {
                        rung.incrementAndGet();
                        wire.signal();
                    })
                    .orElseThrow();
            machine.runToEnd();
            assertNull(machine.failure());
            assertEquals(500, machine.get32(COUNT));
            assertEquals(500, rung.get());
            assertEquals(List.of("out f4/1 0"), machine.exits());
        }
    }

    @Test
    void onlyTheWriteOfThatSizeAndValueRings() throws Exception {
        try (CpuBench machine = machine(1)) {
            AtomicInteger rung = new AtomicInteger();
            doorbells(machine)
                    .connect(new Doorbell(BELL, 2, OptionalLong.of(7)), rung::incrementAndGet)
                    .orElseThrow();
            // mov dword [BELL], 7; mov word [BELL], 6; mov word [BELL], 7; mov word [BELL + 2], 7
            machine.put(
                    StartStates.CODE,
                    "c7050020c0fe07000000 66c7050020c0fe0600 66c7050020c0fe0700 66c7050220c0fe0700" + STOP);
            machine.partition().load(0, StartStates.protectedMode(0, StartStates.CODE));
            machine.runToEnd();
            assertEquals(1, rung.get());
            assertEquals(
                    List.of("write fec02000/4 7", "write fec02000/2 6", "write fec02002/2 7", "out f4/1 0"),
                    machine.exits());
        }
    }

    @Test
    void aBellThatIsDisconnectedIsAnExitAgainAndNoRingBeforeIsLost() throws Exception {
        try (CpuBench machine = machine(1)) {
            AtomicInteger rung = new AtomicInteger();
            for (int round = 1; round <= 20; round++) {
                Connection connection = doorbells(machine)
                        .connect(DOORBELL, rung::incrementAndGet)
                        .orElseThrow();
                machine.put(StartStates.CODE, "a30020c0fe" + STOP);
                machine.partition().load(0, StartStates.protectedMode(0, StartStates.CODE));
                machine.runHere();
                connection.close();
                connection.close();
                int want = round;
                CpuBench.await("it has rung", () -> rung.get() == want);
            }
            machine.partition().load(0, StartStates.protectedMode(0, StartStates.CODE));
            machine.runHere();
            assertEquals(20, rung.get());
            assertTrue(
                    machine.exits().contains("write fec02000/4 0"),
                    machine.exits().toString());
        }
    }

    @Test
    void whatRangBeforeAPauseIsToldWhenThePauseBegins() throws Exception {
        try (CpuBench machine = machine(1)) {
            AtomicInteger seen = new AtomicInteger(-1);
            doorbells(machine)
                    .connect(DOORBELL, () -> seen.set(machine.get32(COUNT)))
                    .orElseThrow();
            // again: mov [BELL], eax; inc dword [COUNT]; jmp again
            machine.put(StartStates.CODE, "a30020c0fe ff0500b00000 ebf3");
            machine.partition().load(0, StartStates.protectedMode(0, StartStates.CODE));
            for (int round = 0; round < 30; round++) {
                int before = machine.get32(COUNT);
                machine.go();
                CpuBench.await("it rings", () -> machine.get32(COUNT) > before + 3);
                machine.pause();
                // The last but one has been counted when the last one rings.
                int counted = machine.get32(COUNT);
                assertTrue(seen.get() >= counted - 1, "told at %d of %d".formatted(seen.get(), counted));
            }
        }
    }

    @Test
    void whatWasSignalledBeforeASaveIsInTheState() throws Exception {
        try (CpuBench machine = machine(1)) {
            machine.partition().load(0, StartStates.protectedMode(0, StartStates.CODE));
            for (int vector = 0x30; vector < 0xf0; vector += 5) {
                MessageWire wire = wire(machine);
                assertTrue(wire.route(ADDRESS, vector));
                assertTrue(wire.signal());
                byte[] page =
                        machine.partition().save().vcpus().getFirst().apic().registers();
                int requests =
                        ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN).getInt(0x200 + vector / 32 * 16);
                assertTrue((requests >>> vector % 32 & 1) != 0, "vector " + vector);
                assertFalse(wire.signal(), "it has ended");
                assertFalse(wire.route(ADDRESS, vector));
            }
        }
    }

    @Test
    void aWireLeadsWhereItWasRoutedLast() throws Exception {
        try (CpuBench machine = machine(1)) {
            StartStates.tables(machine::put64, HANDLER, VECTOR);
            machine.put(HANDLER, STOP);
            machine.put(StartStates.CODE, "fb f4 ebfc");
            machine.partition().load(0, StartStates.protectedMode(0, StartStates.CODE));
            MessageWire wire = wire(machine);
            MessageWire other = wire(machine);
            assertTrue(wire.route(ADDRESS, VECTOR + 1));
            assertTrue(other.route(ADDRESS, VECTOR + 2));
            assertTrue(wire.route(ADDRESS, VECTOR));
            other.close();
            assertFalse(other.signal());
            machine.go();
            assertTrue(wire.signal());
            machine.awaitEnd();
            assertNull(machine.failure());
            assertEquals(List.of("out f4/1 0"), machine.exits());
        }
    }
}
