package dev.backplane.scheduler.fair.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.scheduler.SchedulerFactory;
import dev.backplane.testkit.SchedulerBench;
import dev.backplane.testkit.SchedulerContract;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FairTest extends SchedulerContract<FairOptions, FairState> {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final double SHARE_ERROR = 0.03;
    private static final double CAP_ERROR = 0.02;

    @Override
    protected SchedulerFactory<FairOptions, FairState> factory() {
        return new FairFactory();
    }

    @Override
    protected FairOptions options() {
        return options(100, 0);
    }

    private static FairOptions options(int weight, int cap, String... affinity) {
        return new FairOptions(weight, cap, Duration.ofMillis(10), List.of(affinity));
    }

    private static SchedulerBench<FairOptions, FairState> bench() {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        return new SchedulerBench<>(new FairFactory(), 2, seed);
    }

    /** What each gets of the processors, where no machine of one vCPU can use more than one. */
    private static double[] shares(int[] weights, double processors) {
        double[] shares = new double[weights.length];
        boolean[] full = new boolean[weights.length];
        double left = processors;
        boolean again = true;
        while (again) {
            again = false;
            double sum = 0;
            for (int i = 0; i < weights.length; i++) {
                sum += full[i] ? 0 : weights[i];
            }
            double part = left;
            for (int i = 0; i < weights.length; i++) {
                if (!full[i] && part * weights[i] / sum >= 1) {
                    full[i] = true;
                    shares[i] = 1;
                    left -= 1;
                    again = true;
                } else if (!full[i]) {
                    shares[i] = part * weights[i] / sum;
                }
            }
        }
        return shares;
    }

    private static void shared(int[] weights, double processors, String... affinity) throws Exception {
        var bench = bench();
        List<SchedulerBench<FairOptions, FairState>.Machine> machines = new ArrayList<>();
        for (int weight : weights) {
            machines.add(bench.add(options(weight, 0, affinity), 1));
        }
        bench.pass(LONG);
        double[] shares = shares(weights, processors);
        for (int i = 0; i < weights.length; i++) {
            double got = (double) machines.get(i).cpuNanos() / LONG.toNanos();
            assertEquals(
                    shares[i], got, shares[i] * SHARE_ERROR, "weight " + weights[i] + " of " + Arrays.toString(shares));
        }
    }

    @Test
    void twoOnOneProcessorShareByWeight() throws Exception {
        shared(new int[] {300, 100}, 1, "0");
    }

    @Test
    void fourOnTwoProcessorsShareByWeight() throws Exception {
        shared(new int[] {100, 200, 300, 400}, 2);
    }

    @Test
    void oneThatIsOwedMoreThanAProcessorHasOneAndTheOthersShareTheRest() throws Exception {
        shared(new int[] {1000, 100, 200, 100}, 2);
    }

    @Test
    void sixteenOnTwoProcessorsShareByWeight() throws Exception {
        int[] weights = new int[16];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = 100 + 50 * (i % 4);
        }
        shared(weights, 2);
    }

    @Test
    void machinesShareByWeightHoweverManyVcpusTheyHave() throws Exception {
        var bench = bench();
        var wide = bench.add(options(100, 0), 8);
        var narrow = bench.add(options(100, 0), 2);
        bench.pass(LONG);
        assertEquals(1, (double) wide.cpuNanos() / narrow.cpuNanos(), SHARE_ERROR);
    }

    @Test
    void aCapHoldsWhereProcessorsAreIdle() throws Exception {
        for (int cap : new int[] {10, 50, 130}) {
            var bench = bench();
            var machine = bench.add(options(100, cap), 4);
            bench.pass(LONG);
            double wanted = cap / 100.0;
            assertEquals(wanted, (double) machine.cpuNanos() / LONG.toNanos(), wanted * CAP_ERROR, "cap " + cap);
        }
    }

    @Test
    void sixteenVcpusBelowACapOfATenthWaitBrieflyEach() throws Exception {
        var bench = bench();
        var machine = bench.add(options(100, 10), 16);
        bench.pass(LONG);
        assertEquals(0.1, (double) machine.cpuNanos() / LONG.toNanos(), 0.1 * CAP_ERROR);
        assertTrue(machine.longestWaitNanos() < Duration.ofSeconds(1).toNanos(), "" + machine.longestWaitNanos());
    }

    @Test
    void whatOneLeavesBelowItsCapTheOthersGet() throws Exception {
        var bench = bench();
        bench.add(options(100, 20), 2);
        var other = bench.add(options(100, 0), 2);
        bench.pass(LONG);
        assertEquals(1.8, (double) other.cpuNanos() / LONG.toNanos(), 1.8 * SHARE_ERROR);
    }

    @Test
    void aWeightThatChangesActsAtOnce() throws Exception {
        var bench = bench();
        var first = bench.add(options(100, 0), 2);
        var second = bench.add(options(100, 0), 2);
        bench.pass(LONG);
        long before = first.cpuNanos();
        long beforeOther = second.cpuNanos();
        ((FairScheduler) first.scheduler()).configure(options(300, 0));
        bench.pass(LONG);
        double ratio = (double) (first.cpuNanos() - before) / (second.cpuNanos() - beforeOther);
        assertEquals(3, ratio, 3 * SHARE_ERROR);
    }

    @Test
    void oneThatHaltedIsOwedNothing() throws Exception {
        var bench = bench();
        var sleeper = bench.add(options(100, 0, "0"), 1);
        var busy = bench.add(options(100, 0, "0"), 1);
        sleeper.alternate(0, Duration.ofMillis(1), LONG);
        bench.pass(LONG);
        sleeper.alternate(0, LONG, Duration.ZERO);
        bench.pass(Duration.ofMillis(100));
        long before = busy.cpuNanos();
        bench.pass(Duration.ofSeconds(1));
        assertEquals(0.5, (busy.cpuNanos() - before) / 1e9, 0.05);
    }

    @Test
    void oneThatWakesGetsAProcessorSoon() throws Exception {
        var bench = bench();
        for (int i = 0; i < 4; i++) {
            bench.add(options(100, 0), 1);
        }
        var sleeper = bench.add(options(100, 0), 1);
        sleeper.alternate(0, Duration.ofNanos(200_000), Duration.ofMillis(7));
        bench.pass(Duration.ofSeconds(1));
        sleeper.forgetWaits();
        bench.pass(LONG);
        assertTrue(sleeper.longestWaitNanos() < Duration.ofMillis(5).toNanos(), "" + sleeper.longestWaitNanos());
    }

    @Test
    void anInterruptBringsAVcpuBeforeItsSisters() throws Exception {
        Random random = new Random(1);
        var bench = bench();
        var machine = bench.add(options(100, 0, "0"), 16);
        bench.pass(Duration.ofMillis(100));
        for (int i = 0; i < 50; i++) {
            int to = random.nextInt(16);
            long before = machine.cpuNanos(to);
            machine.interrupt(to, 0);
            bench.pass(Duration.ofMillis(15));
            assertTrue(machine.cpuNanos(to) > before, "vCPU " + to + " did not run");
        }
    }

    @Test
    void aStrangeProcessorIsRefusedByName() {
        var refused = assertThrows(ConfigurationException.class, () -> bench().add(options(100, 0, "0-7"), 1));
        assertTrue(String.valueOf(refused.getMessage()).contains("processor 2"), refused.getMessage());
        assertThrows(ConfigurationException.class, () -> bench().add(options(100, 0, "all"), 1));
        assertThrows(ConfigurationException.class, () -> bench().add(options(100, 0, "1-0"), 1));
    }

    @Test
    void aSliceOutOfBoundsIsRefused() {
        var options = new FairOptions(100, 0, Duration.ofNanos(1), List.of());
        assertThrows(ConfigurationException.class, () -> bench().add(options, 1));
    }
}
