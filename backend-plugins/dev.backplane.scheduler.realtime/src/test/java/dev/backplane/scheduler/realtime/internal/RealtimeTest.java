package dev.backplane.scheduler.realtime.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Measured;
import dev.backplane.api.scheduler.SchedulerFactory;
import dev.backplane.testkit.SchedulerBench;
import dev.backplane.testkit.SchedulerContract;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RealtimeTest extends SchedulerContract<RealtimeOptions, RealtimeState> {
    private static final Duration LONG = Duration.ofSeconds(20);

    @Override
    protected SchedulerFactory<RealtimeOptions, RealtimeState> factory() {
        return new RealtimeFactory();
    }

    @Override
    protected RealtimeOptions options() {
        return options(20, 5);
    }

    /** Nobody gets more than his budget. */
    @Override
    protected double usable(int machines, int vcpus) {
        return vcpus * 0.25 / 2;
    }

    private static RealtimeOptions options(int periodMillis, int budgetMillis, String... affinity) {
        return new RealtimeOptions(Duration.ofMillis(periodMillis), Duration.ofMillis(budgetMillis), List.of(affinity));
    }

    private static Map<String, Long> figures(SchedulerBench<RealtimeOptions, RealtimeState>.Machine machine) {
        return ((Measured) machine.scheduler()).statistics();
    }

    @Test
    void eachGetsItsBudgetAndNoMore() throws Exception {
        var bench = bench();
        var first = bench.add(options(20, 10), 2);
        var second = bench.add(options(100, 30), 2);
        bench.pass(LONG);
        for (int i = 0; i < 2; i++) {
            assertEquals(0.5, (double) first.cpuNanos(i) / LONG.toNanos(), 0.01);
            assertEquals(0.3, (double) second.cpuNanos(i) / LONG.toNanos(), 0.01);
        }
    }

    @Test
    void whatIsAdmittedIsNeverLateForLong() throws Exception {
        Random random = new Random(Long.getLong("backplane.seed", 7));
        var bench = bench();
        List<SchedulerBench<RealtimeOptions, RealtimeState>.Machine> machines = new ArrayList<>();
        int refused = 0;
        while (refused < 3) {
            int period = 5 + random.nextInt(95);
            try {
                machines.add(bench.add(options(period, 1 + random.nextInt(period / 2)), 1));
            } catch (ConfigurationException e) {
                refused++;
            }
        }
        bench.pass(LONG);
        for (var machine : machines) {
            Map<String, Long> figures = figures(machine);
            assertTrue(figures.get("deadlines-met") > 0, figures::toString);
            // Late by the longest budget at most (Devi and Anderson, 2005, for two processors).
            assertEquals(0, figures.get("deadlines-missed.from-100ms"), figures::toString);
        }
    }

    @Test
    void lateOnesAreCounted() throws Exception {
        var bench = bench();
        var machine = bench.add(options(20, 10, "0"), 1);
        bench.pass(Duration.ofSeconds(1));
        assertEquals(0, figures(machine).get("deadlines-missed.from-100ms"));
        // Its processor is taken by somebody who does not ask.
        var intruder = bench.add(options(100, 10, "0"), 1);
        intruder.vacate();
        bench.pass(Duration.ofSeconds(2));
        long late = figures(machine).entrySet().stream()
                .filter(entry -> entry.getKey().startsWith("deadlines-missed"))
                .mapToLong(Map.Entry::getValue)
                .sum();
        assertTrue(late > 0, () -> figures(machine).toString());
    }

    @Test
    void moreThanIsLeftIsRefusedWithFigures() throws Exception {
        var bench = bench();
        bench.add(options(20, 10), 2);
        var refused = assertThrows(ConfigurationException.class, () -> bench.add(options(20, 10), 2));
        String text = String.valueOf(refused.getMessage());
        assertTrue(text.contains("100.0 %") && text.contains("180.0 %") && text.contains("80.0 %"), text);
    }

    @Test
    void processorsOfItsOwnAreBoundedToo() throws Exception {
        var bench = bench();
        bench.add(options(20, 10, "0"), 1);
        assertThrows(ConfigurationException.class, () -> bench.add(options(20, 10, "0"), 1));
        bench.add(options(20, 10, "1"), 1);
        bench.add(options(20, 10), 1);
        assertThrows(ConfigurationException.class, () -> bench.add(options(20, 8, "1"), 1));
    }

    @Test
    void whatAMachineHadIsFreeWhenItHasGone() throws Exception {
        var bench = bench();
        var first = bench.add(options(20, 15), 2);
        assertThrows(ConfigurationException.class, () -> bench.add(options(20, 15), 2));
        first.end();
        bench.add(options(20, 15), 2);
    }

    @Test
    void aBudgetThatChangesIsAdmittedAnewAndActs() throws Exception {
        var bench = bench();
        var machine = bench.add(options(20, 10), 2);
        var scheduler = (RealtimeScheduler) machine.scheduler();
        assertThrows(ConfigurationException.class, () -> scheduler.configure(options(20, 19)));
        scheduler.configure(options(20, 4));
        bench.pass(Duration.ofMillis(100));
        long before = machine.cpuNanos();
        bench.pass(LONG);
        assertEquals(0.4, (double) (machine.cpuNanos() - before) / LONG.toNanos(), 0.01);
    }

    @Test
    void onlyVcpusThatTheGuestHasArePromisedSomethingAndMoreAreRefusedWithFigures() throws Exception {
        var bench = bench();
        var growing = bench.add(options(20, 10), 1, 4);
        var other = bench.add(options(20, 10), 2);
        bench.pass(Duration.ofSeconds(1));
        var refused = assertThrows(ConfigurationException.class, () -> growing.processors(2));
        assertEquals(
                "2 vCPUs with 10ms of every 20ms need 100.0 % of a processor: of the 180.0 % that are given away on"
                        + " processors {0, 1}, 80.0 % are left: ask for less budget, or for longer periods",
                refused.getMessage());
        other.processors(1);
        growing.processors(2);
        assertThrows(ConfigurationException.class, () -> other.processors(2), "its promise was given back");
        growing.swap();
        assertThrows(ConfigurationException.class, () -> other.processors(2), "the successor has the same promise");
        ((RealtimeScheduler) growing.scheduler()).configure(options(20, 5));
        other.processors(2);
        long[] before = {growing.cpuNanos(0), growing.cpuNanos(1), growing.cpuNanos(2)};
        bench.pass(LONG);
        assertEquals(0.25, (double) (growing.cpuNanos(0) - before[0]) / LONG.toNanos(), 0.01);
        assertEquals(0.25, (double) (growing.cpuNanos(1) - before[1]) / LONG.toNanos(), 0.01);
        assertEquals(before[2], growing.cpuNanos(2));
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        assertThrows(ConfigurationException.class, () -> bench().add(options(20, 21), 1));
        assertThrows(ConfigurationException.class, () -> bench().add(options(20, 0), 1));
        assertThrows(ConfigurationException.class, () -> bench().add(options(20_000, 1), 1));
    }
}
