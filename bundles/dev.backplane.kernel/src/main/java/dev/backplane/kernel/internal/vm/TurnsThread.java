package dev.backplane.kernel.internal.vm;

import dev.backplane.kernel.internal.bay.SchedulerPort;
import dev.backplane.natives.process.ThreadClock;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** The one thread of a machine on virtual time, as a scheduler sees it: it can be placed at the host, and decides itself whose turn it is. */
final class TurnsThread implements SchedulerPort {
    private final int count;
    private final HostThreads host;
    private final Placement placement;
    private volatile @Nullable ThreadClock cpu;

    TurnsThread(String vm, int count, HostThreads host) {
        this.count = count;
        this.host = host;
        placement = new Placement(vm, host);
    }

    /** It begins; called on it. */
    void begins() {
        cpu = host.clock();
        placement.add(host.id());
    }

    /** It ends; called on it. */
    void ends() {
        placement.remove(host.id());
    }

    @Override
    public int count() {
        return count;
    }

    @Override
    public BitSet present() {
        BitSet all = new BitSet();
        all.set(0, count);
        return all;
    }

    @Override
    public void proceed(int vcpu) {}

    @Override
    public void preempt(int vcpu) {}

    /** All vCPUs share it. */
    @Override
    public long cpuNanos(int vcpu) {
        ThreadClock own = cpu;
        return own == null ? 0 : own.nanos() / count;
    }

    @Override
    public BitSet processors() {
        return host.processors();
    }

    @Override
    public String bind(Object owner, BitSet processors) {
        return placement.bind(owner, processors);
    }

    @Override
    public String hostWeight(Object owner, int weight) {
        return placement.weight(owner, weight);
    }

    @Override
    public void unbind(Object owner) {
        placement.release(owner);
    }

    @Override
    public void schedulerChanged() {}
}
