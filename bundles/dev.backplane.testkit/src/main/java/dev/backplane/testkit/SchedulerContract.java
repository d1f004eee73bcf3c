package dev.backplane.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.scheduler.SchedulerFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every scheduler promises: who wants to run does at some time, processors do not stand idle for nothing, and machines that come, go,
 * halt, hang and are swapped cost nobody anything. In simulated time. Extend it in a scheduler's own tests.
 *
 * @param <O> the scheduler's options
 * @param <S> its state
 */
@Timeout(120)
public abstract class SchedulerContract<O extends Record, S extends Record> {
    private static final int PROCESSORS = 2;
    private static final int STEPS = 400;
    private static final int CYCLES = 100;
    private static final int MACHINES = 6;
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final long LONGEST_WAIT = Duration.ofSeconds(2).toNanos();

    /** A part of what a busy host could do may be lost to changes. */
    private static final double USED = 0.97;

    /**
     * The scheduler under test.
     *
     * @return a new factory
     */
    protected abstract SchedulerFactory<O, S> factory();

    /**
     * The options to test with, without caps: for machines that want all they can get.
     *
     * @return options that the scheduler takes for {@code MACHINES} machines at once
     */
    protected abstract O options();

    /**
     * What part of the processors machines that always want to run get together.
     *
     * @param machines how many there are
     * @param vcpus how many vCPUs they have together
     * @return from 0 to 1
     */
    protected double usable(int machines, int vcpus) {
        return Math.min(1, (double) vcpus / PROCESSORS);
    }

    /**
     * A host of two processors.
     *
     * @return without machines; what is left to chance has the seed that is printed
     */
    protected final SchedulerBench<O, S> bench() {
        return new SchedulerBench<>(factory(), PROCESSORS, seed());
    }

    private static long seed() {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        return seed;
    }

    @Test
    final void busyMachinesKeepTheProcessorsBusyAndNobodyStarves() throws Exception {
        SchedulerBench<O, S> bench = bench();
        List<SchedulerBench<O, S>.Machine> machines = new ArrayList<>();
        for (int count = 1; count <= MACHINES; count++) {
            machines.add(bench.add(options(), 1));
            long before = machines.stream()
                    .mapToLong(SchedulerBench.Machine::cpuNanos)
                    .sum();
            bench.pass(SECOND);
            long used = machines.stream()
                            .mapToLong(SchedulerBench.Machine::cpuNanos)
                            .sum()
                    - before;
            double wanted = PROCESSORS * SECOND.toNanos() * usable(count, count) * USED;
            assertTrue(used >= wanted, "%d machines used %d ns: expected %.0f".formatted(count, used, wanted));
        }
        for (var machine : machines) {
            assertTrue(machine.cpuNanos() > 0, "a machine never ran");
            assertTrue(
                    machine.longestWaitNanos() < LONGEST_WAIT, "a vCPU waited " + machine.longestWaitNanos() + " ns");
        }
    }

    @Test
    final void whateverMachinesDoThoseThatWantToRunDo() throws Exception {
        long seed = seed();
        Random random = new Random(seed);
        SchedulerBench<O, S> bench = new SchedulerBench<>(factory(), PROCESSORS, seed);
        List<SchedulerBench<O, S>.Machine> machines = new ArrayList<>();
        var witness = bench.add(options(), 1);
        for (int i = 0; i < STEPS; i++) {
            if (machines.size() < MACHINES - 1 && random.nextInt(4) == 0) {
                machines.add(bench.add(options(), 1));
            }
            if (!machines.isEmpty()) {
                var some = machines.get(random.nextInt(machines.size()));
                switch (random.nextInt(8)) {
                    case 0 -> some.swap();
                    case 1 -> {
                        S state = some.vacate();
                        bench.pass(Duration.ofMillis(random.nextInt(50)));
                        some.fill(state);
                    }
                    case 2 -> {
                        some.end();
                        machines.remove(some);
                    }
                    case 3 ->
                        some.alternate(
                                0,
                                Duration.ofNanos(1 + random.nextInt(20_000_000)),
                                Duration.ofNanos(random.nextInt(20_000_000)));
                    case 4 -> some.interrupt(0, -1);
                    case 5 -> some.spin(0);
                    case 6 -> witness.spin(0);
                    default -> witness.swap();
                }
            }
            long before = witness.cpuNanos();
            bench.pass(Duration.ofMillis(300 + random.nextInt(50)));
            int step = i;
            assertTrue(witness.cpuNanos() > before, () -> "the busy machine did not run in step " + step);
            assertEquals(List.of(), witness.failures());
        }
        assertTrue(witness.longestWaitNanos() < LONGEST_WAIT, "it waited " + witness.longestWaitNanos() + " ns");
    }

    @Test
    final void aMachineThatIsCutOffInTheMidstGivesItsProcessorsBack() throws Exception {
        SchedulerBench<O, S> bench = bench();
        var lost = bench.add(options(), 1);
        var other = bench.add(options(), 1);
        var third = bench.add(options(), 1);
        bench.pass(SECOND);
        lost.fence();
        lost.alternate(0, Duration.ZERO, Duration.ZERO);
        bench.pass(SECOND.multipliedBy(3));
        long before = other.cpuNanos() + third.cpuNanos();
        bench.pass(SECOND);
        double wanted = PROCESSORS * SECOND.toNanos() * usable(2, 2) * USED;
        assertTrue(other.cpuNanos() + third.cpuNanos() - before >= wanted, "a processor is lost");
    }

    @Test
    final void aMachineWithManyVcpusRunsThemAll() throws Exception {
        SchedulerBench<O, S> bench = bench();
        var machine = bench.add(options(), MACHINES);
        bench.pass(SECOND.multipliedBy(4));
        for (int i = 0; i < MACHINES; i++) {
            int vcpu = i;
            assertTrue(machine.cpuNanos(i) > 0, () -> "vCPU " + vcpu + " never ran");
        }
        assertTrue(machine.longestWaitNanos() < LONGEST_WAIT, "a vCPU waited " + machine.longestWaitNanos() + " ns");
    }

    @Test
    final void vcpusThatComeGetTheirTurnsAndThoseThatGoCostNothing() throws Exception {
        SchedulerBench<O, S> bench = bench();
        var other = bench.add(options(), 1);
        var machine = bench.add(options(), 1, 4);
        int[] counts = {1, 3, 2, 4, 1, 2};
        for (int count : counts) {
            machine.processors(count);
            machine.forgetWaits();
            long[] before = new long[4];
            Arrays.setAll(before, machine::cpuNanos);
            long beforeOther = other.cpuNanos();
            bench.pass(SECOND);
            machine.swap();
            bench.pass(SECOND);
            long used = other.cpuNanos() - beforeOther;
            for (int i = 0; i < before.length; i++) {
                String which = "vCPU %d of %d".formatted(i, count);
                assertEquals(i < count, machine.cpuNanos(i) > before[i], which);
                used += machine.cpuNanos(i) - before[i];
            }
            double wanted = PROCESSORS * 2 * SECOND.toNanos() * usable(2, count + 1) * USED;
            assertTrue(used >= wanted, "with %d vCPUs %d ns are used: expected %.0f".formatted(count, used, wanted));
            assertTrue(machine.longestWaitNanos() < LONGEST_WAIT, "it waited " + machine.longestWaitNanos() + " ns");
        }
    }

    @Test
    final void aHundredLivesCostTheOthersNothing() throws Exception {
        SchedulerBench<O, S> bench = bench();
        var first = bench.add(options(), 1);
        var second = bench.add(options(), 1);
        for (int i = 0; i < CYCLES; i++) {
            var guest = bench.add(options(), 1);
            bench.pass(Duration.ofMillis(30));
            Promises.stateIsVersioned(guest.swap());
            bench.pass(Duration.ofMillis(30));
            guest.end();
        }
        long before = first.cpuNanos() + second.cpuNanos();
        bench.pass(SECOND);
        double wanted = PROCESSORS * SECOND.toNanos() * usable(2, 2) * USED;
        assertTrue(first.cpuNanos() + second.cpuNanos() - before >= wanted, "a processor is lost");
    }
}
