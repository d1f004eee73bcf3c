package dev.backplane.kernel.internal.fake;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Option;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.scheduler.AdmittingScheduler;
import dev.backplane.api.scheduler.Rest;
import dev.backplane.api.scheduler.SchedulerContext;
import dev.backplane.api.scheduler.SchedulerFactory;
import dev.backplane.api.scheduler.VcpuScheduler;
import dev.backplane.api.state.StateVersion;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A scheduler of another kind than {@link Turnstile}: it lets everybody in, and can refuse machines. */
public final class Doorman implements SchedulerFactory<Doorman.Options, Doorman.State> {
    private static final long SLICE = 2_000_000;

    /** What it is told. */
    public record Options(
            @Option(value = "How many of its kind there may be.", byDefault = "100")
            int most,

            @Option(value = "How many vCPUs a guest may have.", byDefault = "64")
            int vcpus) {}

    /** Nothing but a name. */
    @StateVersion(
            schema = "doorman",
            writes = 1,
            reads = {1})
    public record State(String vm) {}

    /** What it was told, in order. */
    public final List<String> log = new CopyOnWriteArrayList<>();

    /** How many there are. */
    public final AtomicInteger there = new AtomicInteger();

    /** Whether the next resume throws. */
    public volatile boolean ill;

    @Override
    public VcpuScheduler<State> create(Options options, SchedulerContext context) throws ConfigurationException {
        return make(options, context, "new");
    }

    @Override
    public VcpuScheduler<State> restore(Options options, SchedulerContext context, State state)
            throws ConfigurationException {
        return make(options, context, "again " + state.vm());
    }

    private VcpuScheduler<State> make(Options options, SchedulerContext context, String how)
            throws ConfigurationException {
        if (there.incrementAndGet() > options.most()) {
            there.decrementAndGet();
            throw new ConfigurationException("there is no room for more than " + options.most());
        }
        log.add("%s for %s of %d vCPUs of %s".formatted(how, context.present(), context.vcpus(), context.vm()));
        return new Made(context.vm(), options.vcpus());
    }

    private final class Made implements VcpuScheduler<State>, AdmittingScheduler {
        private final String vm;
        private final int vcpus;

        Made(String vm, int vcpus) {
            this.vm = vm;
            this.vcpus = vcpus;
        }

        @Override
        public void admit(BitSet present) throws ConfigurationException {
            if (present.cardinality() > vcpus) {
                throw new ConfigurationException("%s are more than %d".formatted(present, vcpus));
            }
            log.add(vm + " has " + present);
        }

        @Override
        public long slice(int vcpu) {
            return SLICE;
        }

        @Override
        public void rests(int vcpu, Rest why) {}

        @Override
        public void resume(Resumption why) {
            if (ill) {
                throw new IllegalStateException("not today");
            }
        }

        @Override
        public void quiesce(Deadline deadline) {}

        @Override
        public State save() {
            return new State(vm);
        }

        @Override
        public void close() {
            there.decrementAndGet();
        }
    }
}
