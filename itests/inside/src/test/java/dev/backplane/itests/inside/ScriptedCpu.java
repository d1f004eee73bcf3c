package dev.backplane.itests.inside;

import dev.backplane.api.cpu.CpuBackend;
import dev.backplane.api.cpu.CpuProbe;
import dev.backplane.api.cpu.ExitHandler;
import dev.backplane.api.cpu.ParkedAccess;
import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.PartitionContext;
import dev.backplane.api.cpu.PartitionState;
import dev.backplane.api.cpu.Stop;
import dev.backplane.api.cpu.Vcpu;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** A CPU with one vCPU whose guest is a piece of Java: each step happens wholly, or not at all where its access is parked. */
final class ScriptedCpu implements CpuBackend<ScriptedCpu.Options> {
    /** None. */
    record Options() {}

    /** What the guest does, over and over. */
    @FunctionalInterface
    interface Guest {
        void step(ExitHandler exits) throws InterruptedException;
    }

    private final Guest guest;

    ScriptedCpu(Guest guest) {
        this.guest = guest;
    }

    @Override
    public CpuProbe probe() {
        return new CpuProbe(0, true, "a script of the tests");
    }

    @Override
    public Partition create(Options options, PartitionContext context) {
        return new Engine(context.exits(0));
    }

    @Override
    public Partition restore(Options options, PartitionContext context, PartitionState state) {
        return new Engine(context.exits(0));
    }

    private final class Engine implements Partition, Vcpu {
        private final ExitHandler exits;
        private final AtomicBoolean kicked = new AtomicBoolean();

        Engine(ExitHandler exits) {
            this.exits = exits;
        }

        @Override
        public Stop run() {
            try {
                while (!kicked.getAndSet(false)) {
                    guest.step(exits);
                    if (exits.stopping()) {
                        return Stop.MACHINE;
                    }
                }
                return Stop.KICKED;
            } catch (ParkedAccess away) {
                return Stop.PARKED;
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void kick() {
            kicked.set(true);
        }

        @Override
        public boolean runnable() {
            return true;
        }

        @Override
        public Vcpu vcpu(int index) {
            return this;
        }

        @Override
        public void load(int index, VcpuState state) {}

        @Override
        public VcpuState state(int index) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void message(long address, int data) {}

        @Override
        public void external(boolean up) {}

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
            // What the guest does next is the test's to know.
            return new PartitionState(List.of());
        }

        @Override
        public void resume(Resumption why) {}

        @Override
        public void close() {}
    }
}
