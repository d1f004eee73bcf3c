package dev.backplane.scheduler.credit.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.scheduler.SchedulerFactory;
import dev.backplane.testkit.SchedulerBench;
import dev.backplane.testkit.SchedulerContract;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CreditTest extends SchedulerContract<CreditOptions, CreditState> {
    private static final Duration LONG = Duration.ofSeconds(30);

    /** Xen's credits are coarse: what is handed out each 30 ms is used 30 ms at a time. */
    private static final double SHARE_ERROR = 0.05;

    private static final double CAP_ERROR = 0.02;

    @Override
    protected SchedulerFactory<CreditOptions, CreditState> factory() {
        return new CreditFactory();
    }

    @Override
    protected CreditOptions options() {
        return options(256, 0);
    }

    private static CreditOptions options(int weight, int cap) {
        return new CreditOptions(weight, cap, List.of());
    }

    private static SchedulerBench<CreditOptions, CreditState> bench() {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        return new SchedulerBench<>(new CreditFactory(), 2, seed);
    }

    @Test
    void machinesShareByWeight() throws Exception {
        var bench = bench();
        int[] weights = {128, 256, 384, 512};
        List<SchedulerBench<CreditOptions, CreditState>.Machine> machines = new ArrayList<>();
        for (int weight : weights) {
            machines.add(bench.add(options(weight, 0), 1));
        }
        bench.pass(LONG);
        for (int i = 0; i < weights.length; i++) {
            double wanted = 2.0 * weights[i] / 1280;
            double got = (double) machines.get(i).cpuNanos() / LONG.toNanos();
            assertEquals(wanted, got, wanted * SHARE_ERROR, "weight " + weights[i]);
        }
    }

    @Test
    void machinesShareByWeightHoweverManyVcpusTheyHave() throws Exception {
        var bench = bench();
        var wide = bench.add(options(256, 0), 8);
        var narrow = bench.add(options(256, 0), 2);
        bench.pass(LONG);
        assertEquals(1, (double) wide.cpuNanos() / narrow.cpuNanos(), SHARE_ERROR);
    }

    @Test
    void aCapHoldsWhereProcessorsAreIdle() throws Exception {
        for (int cap : new int[] {10, 50, 130}) {
            var bench = bench();
            var machine = bench.add(options(256, cap), 4);
            bench.pass(LONG);
            double wanted = cap / 100.0;
            assertEquals(wanted, (double) machine.cpuNanos() / LONG.toNanos(), wanted * CAP_ERROR, "cap " + cap);
        }
    }

    @Test
    void oneThatWakesWithCreditsLeftIsBoosted() throws Exception {
        var bench = bench();
        for (int i = 0; i < 4; i++) {
            bench.add(options(256, 0), 1);
        }
        var sleeper = bench.add(options(256, 0), 1);
        sleeper.alternate(0, Duration.ofNanos(200_000), Duration.ofMillis(7));
        bench.pass(Duration.ofSeconds(1));
        sleeper.forgetWaits();
        bench.pass(LONG);
        assertTrue(sleeper.longestWaitNanos() < Duration.ofMillis(5).toNanos(), "" + sleeper.longestWaitNanos());
    }
}
