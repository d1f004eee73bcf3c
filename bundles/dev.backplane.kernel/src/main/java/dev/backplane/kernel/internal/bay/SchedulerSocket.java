package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Part;
import dev.backplane.api.scheduler.SchedulerContext;
import dev.backplane.api.scheduler.SchedulerFactory;
import dev.backplane.api.scheduler.VcpuScheduler;
import dev.backplane.api.state.StateException;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The bay of a machine's scheduler. The guest runs while it is opened, closed and vacant. */
public final class SchedulerSocket extends FrontSocket<SchedulerFront> {
    /**
     * A vacant bay.
     *
     * @param spec what the VM file says
     * @param folder what relative paths start from
     * @param surroundings what the machine's bays share
     * @param front the side that the vCPU threads use
     */
    public SchedulerSocket(PartSpec spec, Path folder, Surroundings surroundings, SchedulerFront front) {
        super(spec, folder, surroundings, List.of(), front::reportingTo);
    }

    @Override
    public BasicContext context(Bay here, long occupant) {
        return new Context(here, occupant, front().port());
    }

    @Override
    @SuppressWarnings("unchecked")
    Part<?> make(Offer offer, Record options, BasicContext context, @Nullable Record state)
            throws ConfigurationException, StateException {
        SchedulerFactory<Record, Record> factory = offer.factory(SchedulerFactory.class);
        SchedulerContext own = (SchedulerContext) context;
        VcpuScheduler<?> made = state == null ? factory.create(options, own) : factory.restore(options, own, state);
        if (context.virtualTime() && made.schedules()) {
            made.close();
            throw new ConfigurationException(
                    "%s.type: \"%s\" does not do on virtual time (clock: virtual), where the vCPUs run in turn: expected host, or leave the key out"
                            .formatted(bay().spec().path(), offer.type()));
        }
        return made;
    }

    /** Nobody asks it for a slice before it has been resumed. */
    @Override
    public boolean startsWithTheGuest() {
        return true;
    }

    @Override
    public void open(Part<?> part, BasicContext context) {
        front().open((VcpuScheduler<?>) part, context.gate);
    }

    @Override
    public void close() {
        front().close();
    }

    /** What one generation of a scheduler sees of the world. */
    private static final class Context extends BasicContext implements SchedulerContext {
        private final SchedulerPort port;

        Context(Bay bay, long occupant, SchedulerPort port) {
            super(bay, occupant);
            this.port = port;
        }

        @Override
        public int vcpus() {
            return port.count();
        }

        @Override
        public BitSet present() {
            return port.present();
        }

        @Override
        public long hostNanos() {
            lifeline.check();
            return System.nanoTime();
        }

        @Override
        public long cpuNanos(int vcpu) {
            lifeline.check();
            return port.cpuNanos(vcpu);
        }

        @Override
        public void proceed(int vcpu) {
            lifeline.check();
            port.proceed(vcpu);
        }

        @Override
        public void preempt(int vcpu) {
            lifeline.check();
            port.preempt(vcpu);
        }

        @Override
        public BitSet processors() {
            return port.processors();
        }

        @Override
        public boolean bind(BitSet processors) {
            lifeline.check();
            return done(port.bind(this, (BitSet) processors.clone()));
        }

        @Override
        public boolean hostWeight(int weight) {
            lifeline.check();
            return done(port.hostWeight(this, weight));
        }

        private boolean done(String inTheWay) {
            if (!inTheWay.isEmpty()) {
                logger().log(System.Logger.Level.WARNING, inTheWay);
            }
            return inTheWay.isEmpty();
        }

        @Override
        void cut() {
            super.cut();
            port.unbind(this);
        }
    }
}
