package dev.backplane.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.Configurable;
import dev.backplane.api.part.ConfigurationException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What a scheduler with weights, caps and affinity promises beyond {@link SchedulerContract}: processor time by weight, no more than the cap, a
 * turn soon for whoever wakes up. Its parts are {@link Configurable} and change weights while they run.
 *
 * @param <O> the scheduler's options
 * @param <S> its state
 */
public abstract class WeightedSchedulerContract<O extends Record, S extends Record> extends SchedulerContract<O, S> {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final double CAP_ERROR = 0.02;
    private static final long SOON = Duration.ofMillis(5).toNanos();

    /**
     * The weight that a machine has by default.
     *
     * @return at least 2
     */
    protected abstract int neutral();

    /**
     * Options to test with.
     *
     * @param weight from half of {@link #neutral} to three times as much
     * @param cap per cent of one processor; 0: none
     * @param affinity processors as in a VM file
     * @return options
     */
    protected abstract O options(int weight, int cap, String... affinity);

    /**
     * How far a share may be off.
     *
     * @return a part of the share
     */
    protected abstract double shareError();

    @Override
    protected O options() {
        return options(neutral(), 0);
    }

    /** What each got, as a part of one processor. */
    private List<Double> received(int[] weights, String... affinity) throws ConfigurationException {
        SchedulerBench<O, S> bench = bench();
        List<SchedulerBench<O, S>.Machine> machines = new ArrayList<>();
        for (int weight : weights) {
            machines.add(bench.add(options(weight, 0, affinity), 1));
        }
        bench.pass(LONG);
        return machines.stream()
                .map(machine -> (double) machine.cpuNanos() / LONG.toNanos())
                .toList();
    }

    private void assertShared(double wanted, double got, String who) {
        assertEquals(wanted, got, wanted * shareError(), who);
    }

    @Test
    final void twoOnOneProcessorShareByWeight() throws Exception {
        List<Double> got = received(new int[] {3 * neutral(), neutral()}, "0");
        assertShared(0.75, got.getFirst(), "the heavy one");
        assertShared(0.25, got.getLast(), "the light one");
    }

    @Test
    final void fourOnTwoProcessorsShareByWeight() throws Exception {
        int half = neutral() / 2;
        List<Double> got = received(new int[] {half, 2 * half, 3 * half, 4 * half});
        for (int i = 0; i < 4; i++) {
            assertShared(0.2 * (i + 1), got.get(i), "%d times the least".formatted(i + 1));
        }
    }

    @Test
    final void machinesShareByWeightHoweverManyVcpusTheyHave() throws Exception {
        SchedulerBench<O, S> bench = bench();
        var wide = bench.add(options(), 8);
        var narrow = bench.add(options(), 2);
        bench.pass(LONG);
        assertEquals(1, (double) wide.cpuNanos() / narrow.cpuNanos(), shareError());
    }

    @Test
    final void machinesShareByWeightWhateverVcpusComeAndGo() throws Exception {
        SchedulerBench<O, S> bench = bench();
        var growing = bench.add(options(), 2, 8);
        var other = bench.add(options(), 2);
        for (int count : new int[] {8, 3, 2}) {
            growing.processors(count);
            long before = growing.cpuNanos();
            long beforeOther = other.cpuNanos();
            bench.pass(LONG);
            double ratio = (double) (growing.cpuNanos() - before) / (other.cpuNanos() - beforeOther);
            assertEquals(1, ratio, shareError(), count + " vCPUs");
        }
    }

    @Test
    final void aCapHoldsWhereProcessorsAreIdle() throws Exception {
        for (int cap : new int[] {10, 50, 130}) {
            SchedulerBench<O, S> bench = bench();
            var machine = bench.add(options(neutral(), cap), 4);
            bench.pass(LONG);
            double wanted = cap / 100.0;
            assertEquals(wanted, (double) machine.cpuNanos() / LONG.toNanos(), wanted * CAP_ERROR, "cap " + cap);
        }
    }

    @Test
    @SuppressWarnings("unchecked")
    final void aWeightThatChangesActsAtOnce() throws Exception {
        SchedulerBench<O, S> bench = bench();
        var first = bench.add(options(), 2);
        var second = bench.add(options(), 2);
        bench.pass(LONG);
        long before = first.cpuNanos();
        long beforeOther = second.cpuNanos();
        ((Configurable<O>) first.scheduler()).configure(options(3 * neutral(), 0));
        bench.pass(LONG);
        double ratio = (double) (first.cpuNanos() - before) / (second.cpuNanos() - beforeOther);
        assertEquals(3, ratio, 3 * shareError());
    }

    @Test
    final void oneThatWakesGetsAProcessorSoon() throws Exception {
        SchedulerBench<O, S> bench = bench();
        for (int i = 0; i < 4; i++) {
            bench.add(options(), 1);
        }
        var sleeper = bench.add(options(), 1);
        sleeper.alternate(0, Duration.ofNanos(200_000), Duration.ofMillis(7));
        bench.pass(Duration.ofSeconds(1));
        sleeper.forgetWaits();
        bench.pass(LONG);
        assertTrue(sleeper.longestWaitNanos() < SOON, "" + sleeper.longestWaitNanos());
    }

    @Test
    final void aStrangeProcessorIsRefusedByName() {
        for (String[] strange : new String[][] {{"0-7", "processor 2"}, {"all", "all"}, {"1-0", "1-0"}}) {
            var refused =
                    assertThrows(ConfigurationException.class, () -> bench().add(options(neutral(), 0, strange[0]), 1));
            assertTrue(String.valueOf(refused.getMessage()).contains(strange[1]), refused.getMessage());
        }
    }
}
