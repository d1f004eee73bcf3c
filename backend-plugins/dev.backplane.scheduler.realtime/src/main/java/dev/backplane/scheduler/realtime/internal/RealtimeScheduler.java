package dev.backplane.scheduler.realtime.internal;

import dev.backplane.api.part.Configurable;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Measured;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.scheduler.AdmittingScheduler;
import dev.backplane.api.scheduler.Rest;
import dev.backplane.api.scheduler.RunQueue;
import dev.backplane.api.scheduler.SchedulerContext;
import dev.backplane.api.scheduler.VcpuScheduler;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One machine in the queue of all. It is there from its resume to its next quiesce; what it was promised is its own until it is closed. */
final class RealtimeScheduler
        implements VcpuScheduler<RealtimeState>, AdmittingScheduler, Configurable<RealtimeOptions>, Measured {
    private final RunQueue<RealtimeVcpu> queue;
    private final Admission admission;
    private final SchedulerContext context;
    private final BitSet processors;
    private final DeadlineHistogram histogram;
    private final RealtimeVcpu[] vcpus;
    private Reservation reservation;
    private int present;
    private boolean joined;

    RealtimeScheduler(
            RunQueue<RealtimeVcpu> queue,
            Admission admission,
            Reservation reservation,
            SchedulerContext context,
            BitSet processors,
            RealtimeState from)
            throws ConfigurationException {
        this.queue = queue;
        this.admission = admission;
        this.context = context;
        this.processors = processors;
        histogram = new DeadlineHistogram(from.deadlines());
        vcpus = new RealtimeVcpu[context.vcpus()];
        for (int i = 0; i < vcpus.length; i++) {
            vcpus[i] = new RealtimeVcpu(context, i, processors, reservation, histogram);
        }
        this.reservation = reservation;
        present = context.present().cardinality();
        admission.admit(this, context.vm(), reservation, present, processors);
    }

    @Override
    public void resume(Resumption why) {
        context.bind(processors);
        joined = true;
    }

    @Override
    public long slice(int vcpu) {
        return queue.slice(vcpus[vcpu]);
    }

    @Override
    public void rests(int vcpu, Rest why) {
        queue.rests(vcpus[vcpu], why);
    }

    @Override
    public void spins(int vcpu) {
        queue.spins(vcpus[vcpu]);
    }

    @Override
    public void configure(RealtimeOptions options) throws ConfigurationException {
        Reservation next = Reservation.of(options);
        admission.admit(this, context.vm(), next, present, processors);
        reservation = next;
        queue.change(() -> {
            for (RealtimeVcpu vcpu : vcpus) {
                vcpu.reserve(next);
            }
        });
    }

    @Override
    public void admit(BitSet vcpus) throws ConfigurationException {
        admission.admit(this, context.vm(), reservation, vcpus.cardinality(), processors);
        present = vcpus.cardinality();
    }

    @Override
    public void quiesce(Deadline deadline) {
        joined = false;
        for (RealtimeVcpu vcpu : vcpus) {
            queue.rests(vcpu, Rest.HELD);
        }
    }

    @Override
    public RealtimeState save() {
        return new RealtimeState(histogram.counts());
    }

    @Override
    public Map<String, Long> statistics() {
        Map<String, Long> figures = new LinkedHashMap<>(histogram.named());
        long used = 0;
        for (RealtimeVcpu vcpu : vcpus) {
            used += vcpu.usedNanos;
        }
        figures.put("processor-ms", TimeUnit.NANOSECONDS.toMillis(used));
        return figures;
    }

    @Override
    public void close() {
        admission.release(this);
        if (joined) {
            joined = false;
            for (RealtimeVcpu vcpu : vcpus) {
                queue.drop(vcpu);
            }
        }
    }
}
