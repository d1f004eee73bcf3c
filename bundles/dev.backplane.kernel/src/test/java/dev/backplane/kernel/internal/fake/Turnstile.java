package dev.backplane.kernel.internal.fake;

import dev.backplane.api.part.Configurable;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Live;
import dev.backplane.api.part.Option;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.scheduler.Rest;
import dev.backplane.api.scheduler.SchedulerContext;
import dev.backplane.api.scheduler.SchedulerFactory;
import dev.backplane.api.scheduler.VcpuScheduler;
import dev.backplane.api.state.StateVersion;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A scheduler that lets in whom the test names, for as long as it says. */
public final class Turnstile implements SchedulerFactory<Turnstile.Options, Turnstile.State> {
    /** What it is told. */
    public record Options(
            @Live @Option(value = "A number.", byDefault = "100")
            int weight) {}

    /** How often it was asked. */
    @StateVersion(
            schema = "turnstile",
            writes = 1,
            reads = {1})
    public record State(long asked) {}

    /** What it answers each vCPU. */
    public volatile long[] answers;

    /** What it was told, in order. */
    public final List<String> log = new CopyOnWriteArrayList<>();

    /** How often it was asked, by the parts of it together. */
    public final AtomicLong asked = new AtomicLong();

    /** What {@code slice} throws, if anything. */
    public volatile @Nullable RuntimeException fault;

    /** The context of the last part. */
    public volatile @Nullable SchedulerContext context;

    /** The options of the last part that was made. */
    public volatile Options given = new Options(0);

    /** One that answers so. */
    public Turnstile(long... answers) {
        this.answers = answers;
    }

    @Override
    public VcpuScheduler<State> create(Options options, SchedulerContext made) {
        return restore(options, made, new State(0));
    }

    @Override
    public VcpuScheduler<State> restore(Options options, SchedulerContext made, State state) {
        context = made;
        given = options;
        log.add("made from " + state.asked());
        return new Made();
    }

    private final class Made implements VcpuScheduler<State>, Configurable<Options> {
        private boolean closed;

        @Override
        public long slice(int vcpu) {
            if (closed) {
                log.add("asked after its end");
            }
            RuntimeException thrown = fault;
            if (thrown != null) {
                throw thrown;
            }
            asked.incrementAndGet();
            return answers[vcpu];
        }

        @Override
        public void rests(int vcpu, Rest why) {
            log.add(vcpu + " rests " + why);
        }

        @Override
        public void woken(int vcpu) {
            log.add(vcpu + " woken");
        }

        @Override
        public void interrupted(int vcpu, int from) {
            log.add(vcpu + " interrupted by " + from);
        }

        @Override
        public void spins(int vcpu) {
            log.add(vcpu + " spins");
        }

        @Override
        public void configure(Options options) {
            log.add("weight " + options.weight());
        }

        @Override
        public void resume(Resumption why) {}

        @Override
        public void quiesce(Deadline deadline) {}

        @Override
        public State save() {
            return new State(asked.get());
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
