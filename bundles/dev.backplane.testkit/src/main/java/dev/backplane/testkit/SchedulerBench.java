package dev.backplane.testkit;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.scheduler.AdmittingScheduler;
import dev.backplane.api.scheduler.Rest;
import dev.backplane.api.scheduler.SchedulerContext;
import dev.backplane.api.scheduler.SchedulerFactory;
import dev.backplane.api.scheduler.VcpuScheduler;
import dev.backplane.api.state.StateException;
import dev.backplane.testkit.SimulatedVcpu.Phase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A host with processors, and machines whose vCPUs a scheduler lets run there, in simulated time: the test says what the vCPUs do and how
 * much time passes. The host's kernel gives each processor to those whose threads may run there, in equal parts, and kicks come a little
 * late, as they do. Everything happens on the test's thread; the same seed gives the same run.
 *
 * <pre>{@code
 * var bench = new SchedulerBench<>(new FairFactory(), 2, seed);
 * var heavy = bench.add(options(300), 2);
 * var light = bench.add(options(100), 2);
 * bench.pass(Duration.ofSeconds(20));
 * heavy.cpuNanos();
 * }</pre>
 *
 * @param <O> the scheduler's options
 * @param <S> its state
 */
public final class SchedulerBench<O extends Record, S extends Record> {
    private static final int LATEST_KICK_NANOS = 200_000;
    private static final Deadline DEADLINE = Deadline.in(Duration.ofMinutes(1));

    private final SchedulerFactory<O, S> factory;
    private final SimulatedProcessors processors;
    private final Random random;
    private final List<Machine> machines = new ArrayList<>();
    private final List<SimulatedVcpu> vcpus = new ArrayList<>();
    private int named;
    private long now = 1_000_000_000L;

    /**
     * A host without machines.
     *
     * @param factory makes the schedulers
     * @param processors how many the host has
     * @param seed of what is left to chance
     */
    public SchedulerBench(SchedulerFactory<O, S> factory, int processors, long seed) {
        this.factory = factory;
        this.processors = new SimulatedProcessors(processors);
        this.random = new Random(seed);
    }

    /** A machine; its vCPUs are busy unless they are told otherwise. */
    public final class Machine {
        private final String name = "machine" + ++named;
        private final O options;
        private final List<SimulatedVcpu> vcpus = new ArrayList<>();
        private final TestMachine failures = new TestMachine();
        private Context context;
        private @Nullable VcpuScheduler<S> scheduler;

        Machine(O options, int count, int possible) throws ConfigurationException {
            this.options = options;
            for (int i = 0; i < possible; i++) {
                vcpus.add(new SimulatedVcpu(i, processors.all(), now));
                vcpus.getLast().phase = i < count ? Phase.ASKS : Phase.GONE;
            }
            context = new Context(this, possible);
            VcpuScheduler<S> made = factory.create(options, context);
            scheduler = made;
            made.resume(Resumption.STARTED);
        }

        /**
         * The scheduler that sits in its bay.
         *
         * @return the part
         */
        public VcpuScheduler<S> scheduler() {
            VcpuScheduler<S> made = scheduler;
            if (made == null) {
                throw new IllegalStateException("the bay is vacant");
            }
            return made;
        }

        /**
         * What all its vCPUs have had.
         *
         * @return nanoseconds of processor time
         */
        public long cpuNanos() {
            return vcpus.stream().mapToLong(vcpu -> vcpu.cpu).sum();
        }

        /**
         * What one of its vCPUs has had.
         *
         * @param vcpu its number
         * @return nanoseconds of processor time
         */
        public long cpuNanos(int vcpu) {
            return vcpus.get(vcpu).cpu;
        }

        /**
         * How long one of its vCPUs has waited at most, from the moment at which it wanted to run until it did; the wait under way too.
         *
         * @return nanoseconds
         */
        public long longestWaitNanos() {
            return vcpus.stream().mapToLong(vcpu -> vcpu.longestWait(now)).max().orElse(0);
        }

        /** Waits are measured anew. */
        public void forgetWaits() {
            vcpus.forEach(vcpu -> vcpu.longestWait = 0);
        }

        /**
         * Has a vCPU run for a while and halt for a while, in turn.
         *
         * @param vcpu its number
         * @param busy processor time until it halts; zero: it halts for ever, in a moment
         * @param halted how long it halts
         */
        public void alternate(int vcpu, Duration busy, Duration halted) {
            SimulatedVcpu told = vcpus.get(vcpu);
            told.burst = Math.max(1, busy.toNanos());
            told.left = told.burst;
            told.halt = busy.isZero() ? SimulatedVcpu.FAR : halted.toNanos();
        }

        /**
         * Takes its part out, and makes a new one from the state of the old.
         *
         * @return the state that was saved
         * @throws ConfigurationException when the new one is refused
         * @throws StateException when it is refused for its state
         */
        public S swap() throws ConfigurationException, StateException {
            S saved = vacate();
            fill(saved);
            return saved;
        }

        /**
         * Takes its part out: its vCPUs run as the host lets them.
         *
         * @return the state that was saved
         */
        public S vacate() {
            VcpuScheduler<S> old = scheduler();
            scheduler = null;
            try {
                old.quiesce(DEADLINE);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            S saved = PlainState.copy(old.save());
            old.close();
            context.revoke();
            vcpus.forEach(vcpu -> vcpu.askAgain(now));
            return saved;
        }

        /**
         * Makes a part from a state.
         *
         * @param state as {@link #vacate} returned it
         * @throws ConfigurationException when it is refused
         * @throws StateException when it is refused for its state
         */
        public void fill(S state) throws ConfigurationException, StateException {
            context = new Context(this, vcpus.size());
            VcpuScheduler<S> made = factory.restore(options, context, state);
            made.resume(new Resumption(Resumption.Cause.SWAP, Duration.ZERO));
            scheduler = made;
            vcpus.forEach(vcpu -> vcpu.askAgain(now));
        }

        private BitSet present() {
            BitSet present = new BitSet();
            vcpus.forEach(vcpu -> present.set(vcpu.index, vcpu.phase != Phase.GONE));
            return present;
        }

        /**
         * Gives its guest the first of its vCPUs, as the kernel does: it asks the scheduler before some come, and tells it when others have
         * gone.
         *
         * @param count how many the guest has from now on
         * @throws ConfigurationException when the scheduler refuses them: the guest has those then that it had
         */
        public void processors(int count) throws ConfigurationException {
            BitSet wanted = new BitSet();
            wanted.set(0, count);
            boolean more = count > present().cardinality();
            if (more) {
                admit(wanted);
            }
            for (SimulatedVcpu vcpu : vcpus) {
                if (vcpu.index < count && vcpu.phase == Phase.GONE) {
                    vcpu.comes(now);
                } else if (vcpu.index >= count && vcpu.phase != Phase.GONE) {
                    vcpu.phase = Phase.GONE;
                    scheduler().rests(vcpu.index, Rest.HELD);
                }
            }
            if (!more) {
                admit(wanted);
            }
        }

        private void admit(BitSet present) throws ConfigurationException {
            if (scheduler instanceof AdmittingScheduler able) {
                able.admit(present);
            }
        }

        /** Ends it as the kernel ends a machine. */
        public void end() {
            vacate();
            vcpus.forEach(vcpu -> vcpu.phase = Phase.GONE);
        }

        /** Cuts its part off as the kernel cuts off one that hangs: it is closed, and nothing of it is asked any more. */
        public void fence() {
            VcpuScheduler<S> old = scheduler();
            scheduler = null;
            context.revoke();
            old.close();
            vcpus.forEach(vcpu -> vcpu.askAgain(now));
        }

        /**
         * Sends an interrupt from one of its vCPUs to another.
         *
         * @param to the receiver
         * @param from the sender
         */
        public void interrupt(int to, int from) {
            if (vcpus.get(to).phase == Phase.WAITS) {
                scheduler().interrupted(to, from);
            }
        }

        /**
         * Tells that a vCPU spins, if it runs.
         *
         * @param vcpu its number
         */
        public void spin(int vcpu) {
            if (vcpus.get(vcpu).phase == Phase.RUNS) {
                scheduler().spins(vcpu);
            }
        }

        /**
         * What its parts have reported.
         *
         * @return failures
         */
        public List<String> failures() {
            return failures.failures();
        }
    }

    /** What one generation of a scheduler sees. */
    private final class Context extends TestPartContext implements SchedulerContext {
        private final Machine machine;
        private final int count;

        Context(Machine machine, int count) {
            super("scheduler", machine.failures, new HostResources());
            this.machine = machine;
            this.count = count;
        }

        @Override
        public String vm() {
            return machine.name;
        }

        @Override
        public int vcpus() {
            return count;
        }

        @Override
        public BitSet present() {
            return machine.present();
        }

        @Override
        public long hostNanos() {
            check();
            return now;
        }

        @Override
        public long cpuNanos(int vcpu) {
            check();
            return machine.vcpus.get(vcpu).cpu;
        }

        @Override
        public void proceed(int vcpu) {
            check();
            if (machine.vcpus.get(vcpu).phase == Phase.WAITS) {
                machine.vcpus.get(vcpu).until = now;
            }
        }

        @Override
        public void preempt(int vcpu) {
            check();
            machine.vcpus.get(vcpu).kicked = true;
        }

        @Override
        public BitSet processors() {
            return processors.all();
        }

        @Override
        public boolean bind(BitSet some) {
            machine.vcpus.forEach(vcpu -> vcpu.bound = (BitSet) some.clone());
            return true;
        }

        @Override
        public boolean hostWeight(int weight) {
            return false;
        }
    }

    /**
     * Adds a machine, which runs at once.
     *
     * @param options its scheduler's options
     * @param vcpus how many vCPUs it has
     * @return the machine
     * @throws ConfigurationException when the scheduler refuses it
     */
    public Machine add(O options, int vcpus) throws ConfigurationException {
        return add(options, vcpus, vcpus);
    }

    /**
     * Adds a machine whose guest may get more vCPUs.
     *
     * @param options its scheduler's options
     * @param vcpus how many vCPUs it begins with
     * @param possible how many it may have
     * @return the machine
     * @throws ConfigurationException when the scheduler refuses it
     */
    public Machine add(O options, int vcpus, int possible) throws ConfigurationException {
        Machine machine = new Machine(options, vcpus, possible);
        machines.add(machine);
        this.vcpus.addAll(machine.vcpus);
        return machine;
    }

    /**
     * Lets time pass.
     *
     * @param time how much of the host's time
     */
    public void pass(Duration time) {
        long end = now + time.toNanos();
        while (now < end) {
            ask();
            processors.place(vcpus);
            long nanos = Math.min(end, next()) - now;
            now += nanos;
            processors.advance(nanos);
        }
    }

    /** All that have something to say say it, until nobody has. */
    private void ask() {
        boolean any = true;
        while (any) {
            any = false;
            for (Machine machine : machines) {
                for (SimulatedVcpu vcpu : machine.vcpus) {
                    any |= ask(vcpu, machine.scheduler);
                }
            }
        }
    }

    private boolean ask(SimulatedVcpu vcpu, @Nullable VcpuScheduler<S> scheduler) {
        switch (vcpu.phase) {
            case ASKS -> {
                long answer = scheduler == null ? VcpuScheduler.UNLIMITED : scheduler.slice(vcpu.index);
                if (answer > 0) {
                    vcpu.longestWait = Math.max(vcpu.longestWait, now - vcpu.askedAt);
                    vcpu.phase = Phase.RUNS;
                    vcpu.kicked = false;
                    vcpu.free = scheduler == null;
                    vcpu.end = answer == VcpuScheduler.UNLIMITED
                            ? SimulatedVcpu.FAR
                            : vcpu.cpu + answer + random.nextInt(LATEST_KICK_NANOS);
                } else {
                    vcpu.phase = Phase.WAITS;
                    vcpu.until = answer == VcpuScheduler.WAIT ? SimulatedVcpu.FAR : now - answer;
                }
            }
            case WAITS -> {
                if (now < vcpu.until) {
                    return false;
                }
                vcpu.phase = Phase.ASKS;
            }
            case RUNS -> {
                if (vcpu.left <= 0) {
                    vcpu.phase = Phase.HALTS;
                    vcpu.until = now + vcpu.halt;
                    if (scheduler != null && !vcpu.free) {
                        scheduler.rests(vcpu.index, Rest.HALTED);
                    }
                } else if (vcpu.kicked || vcpu.cpu >= vcpu.end) {
                    vcpu.phase = Phase.ASKS;
                    vcpu.askedAt = now;
                } else {
                    return false;
                }
            }
            case HALTS -> {
                if (now < vcpu.until) {
                    return false;
                }
                vcpu.left = vcpu.burst;
                if (scheduler != null) {
                    scheduler.woken(vcpu.index);
                }
                vcpu.phase = Phase.ASKS;
                vcpu.askedAt = now;
            }
            case GONE -> {
                return false;
            }
        }
        return true;
    }

    private long next() {
        long next = processors.next(now);
        for (SimulatedVcpu vcpu : vcpus) {
            if (vcpu.phase != Phase.RUNS) {
                next = Math.min(next, vcpu.next(now, 1));
            }
        }
        return next;
    }
}
