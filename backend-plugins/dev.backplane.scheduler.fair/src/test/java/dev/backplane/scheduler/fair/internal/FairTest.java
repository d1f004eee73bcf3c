package dev.backplane.scheduler.fair.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.scheduler.SchedulerFactory;
import dev.backplane.testkit.SchedulerBench;
import dev.backplane.testkit.WeightedSchedulerContract;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FairTest extends WeightedSchedulerContract<FairOptions, FairState> {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final double SHARE_ERROR = 0.03;
    private static final double CAP_ERROR = 0.02;

    @Override
    protected SchedulerFactory<FairOptions, FairState> factory() {
        return new FairFactory();
    }

    @Override
    protected int neutral() {
        return 100;
    }

    @Override
    protected FairOptions options(int weight, int cap, String... affinity) {
        return new FairOptions(weight, cap, Duration.ofMillis(10), List.of(affinity));
    }

    @Override
    protected double shareError() {
        return SHARE_ERROR;
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

    private void shared(int[] weights, double processors) throws Exception {
        var bench = bench();
        List<SchedulerBench<FairOptions, FairState>.Machine> machines = new ArrayList<>();
        for (int weight : weights) {
            machines.add(bench.add(options(weight, 0), 1));
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
    void aSliceOutOfBoundsIsRefused() {
        var options = new FairOptions(100, 0, Duration.ofNanos(1), List.of());
        assertThrows(ConfigurationException.class, () -> bench().add(options, 1));
    }
}
