package dev.backplane.scheduler.credit.internal;

import dev.backplane.api.scheduler.SchedulerFactory;
import dev.backplane.testkit.WeightedSchedulerContract;
import java.util.List;

class CreditTest extends WeightedSchedulerContract<CreditOptions, CreditState> {
    @Override
    protected SchedulerFactory<CreditOptions, CreditState> factory() {
        return new CreditFactory();
    }

    @Override
    protected int neutral() {
        return 256;
    }

    @Override
    protected CreditOptions options(int weight, int cap, String... affinity) {
        return new CreditOptions(weight, cap, List.of(affinity));
    }

    /** Xen's credits are coarse: what is handed out each 30 ms is used 30 ms at a time. */
    @Override
    protected double shareError() {
        return 0.05;
    }
}
