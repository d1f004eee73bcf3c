package dev.backplane.machine.pc.internal.fake;

import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.PartitionState;
import dev.backplane.api.cpu.Vcpu;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** An engine that notes the interrupts it gets. */
public class FakePartition implements Partition {
    /** Messages as {@code ADDRESS:DATA} in hexadecimal. */
    public final List<String> messages = Collections.synchronizedList(new ArrayList<>());

    /** How often {@link #external} was called. */
    public volatile int externalCalls;

    private final Object forbidden;
    private volatile boolean external;

    /** An engine that does not care who calls. */
    public FakePartition() {
        this(new Object());
    }

    /** An engine that must never be called by somebody who holds that monitor. */
    public FakePartition(Object forbidden) {
        this.forbidden = forbidden;
    }

    /** The level of the interrupt controller's output. */
    public boolean external() {
        return external;
    }

    @Override
    public synchronized void message(long address, int data) {
        check();
        messages.add("%x:%x".formatted(address, data));
    }

    @Override
    public void external(boolean up) {
        check();
        externalCalls++;
        external = up;
    }

    private void check() {
        if (Thread.holdsLock(forbidden)) {
            throw new AssertionError("a plugin is called with a lock held");
        }
    }

    @Override
    public Vcpu vcpu(int index) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void load(int index, VcpuState state) {}

    @Override
    public VcpuState state(int index) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void written(long offset, long length) {}

    @Override
    public void protectPages() {}

    @Override
    public Map<String, Long> statistics() {
        return Map.of();
    }

    @Override
    public void quiesce(Deadline deadline) {}

    @Override
    public PartitionState save() {
        return new PartitionState(List.of());
    }

    @Override
    public void resume(Resumption why) {}

    @Override
    public void close() {}
}
