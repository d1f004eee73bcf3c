package dev.backplane.kernel.internal.fake;

import dev.backplane.api.cpu.CountedVcpu;
import dev.backplane.api.cpu.CpuBackend;
import dev.backplane.api.cpu.CpuException;
import dev.backplane.api.cpu.CpuProbe;
import dev.backplane.api.cpu.ExitHandler;
import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.PartitionContext;
import dev.backplane.api.cpu.PartitionState;
import dev.backplane.api.cpu.Stop;
import dev.backplane.api.cpu.Vcpu;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.memory.MappedRam;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A CPU for virtual time: its instructions are Java, counted one by one, with registers and memory that the hash sees. */
public final class CountedCpu implements CpuBackend<ScriptCpu.Options> {
    /** What vCPUs execute. */
    @FunctionalInterface
    public interface Program {
        /**
         * Executes one instruction.
         *
         * @return why the vCPU stops behind it, or null to go on
         */
        @Nullable
        Stop execute(Core core);
    }

    private final Program program;
    private final BooleanSupplier interrupt;

    /**
     * A CPU.
     *
     * @param program what it executes
     * @param interrupt whether a halted vCPU goes on
     */
    public CountedCpu(Program program, BooleanSupplier interrupt) {
        this.program = program;
        this.interrupt = interrupt;
    }

    @Override
    public CpuProbe probe() {
        return new CpuProbe(10, true, "counts");
    }

    @Override
    public boolean countsInstructions() {
        return true;
    }

    @Override
    public Partition create(ScriptCpu.Options options, PartitionContext context) {
        return new Engine(context);
    }

    @Override
    public Partition restore(ScriptCpu.Options options, PartitionContext context, PartitionState state) {
        throw new UnsupportedOperationException();
    }

    /** One vCPU. */
    public final class Core implements CountedVcpu {
        /** Its number. */
        public final int index;

        /** Its registers; the first eight of the architecture's. */
        public final long[] r = new long[16];

        /** Its exits. */
        public final ExitHandler exits;

        /** Random numbers. */
        public final RandomGenerator random;

        private final MappedRam ram;
        private final AtomicBoolean kicked = new AtomicBoolean();
        private long executed;
        private long limit;

        Core(int index, PartitionContext context) {
            this.index = index;
            exits = context.exits(index);
            ram = context.ram();
            random = context.random();
        }

        /** Loads from memory. */
        public long load(long address) {
            return ram.segment().get(ValueLayout.JAVA_LONG, address);
        }

        /** Stores to memory. */
        public void store(long address, long value) {
            ram.segment().set(ValueLayout.JAVA_LONG, address, value);
            ram.markDirty(address);
        }

        @Override
        public Stop run() throws CpuException {
            throw new CpuException("not on the host's time");
        }

        @Override
        public Stop run(long until) {
            limit = until;
            while (executed < limit) {
                if (kicked.getAndSet(false)) {
                    return Stop.KICKED;
                }
                if (exits.stopping()) {
                    return Stop.MACHINE;
                }
                Stop stop = program.execute(this);
                executed++;
                if (exits.stopping()) {
                    return Stop.MACHINE;
                }
                if (stop != null) {
                    return stop;
                }
            }
            return Stop.LIMIT;
        }

        @Override
        public void lowerLimit(long to) {
            limit = Math.min(limit, to);
        }

        @Override
        public long instructions() {
            return executed;
        }

        @Override
        public void kick() {
            kicked.set(true);
        }

        @Override
        public boolean runnable() {
            return interrupt.getAsBoolean();
        }
    }

    private final class Engine implements Partition {
        private final List<Core> cores = new ArrayList<>();

        Engine(PartitionContext context) {
            for (int i = 0; i < context.vcpus(); i++) {
                cores.add(new Core(i, context));
            }
        }

        @Override
        public Vcpu vcpu(int index) {
            return cores.get(index);
        }

        @Override
        public void load(int index, VcpuState state) {}

        @Override
        public VcpuState state(int index) {
            VcpuState empty = ScriptCpu.at(0);
            return new VcpuState(
                    empty.activity(),
                    cores.get(index).r.clone(),
                    empty.rip(),
                    empty.rflags(),
                    empty.segments(),
                    empty.gdtr(),
                    empty.idtr(),
                    0,
                    0,
                    0,
                    0,
                    0,
                    1,
                    empty.debug(),
                    empty.msrs(),
                    empty.xsave(),
                    empty.apic(),
                    empty.pendingEvent(),
                    empty.pendingAccess(),
                    false,
                    false,
                    false);
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
            return new PartitionState(List.of());
        }

        @Override
        public void resume(Resumption why) {}

        @Override
        public void close() {}
    }
}
