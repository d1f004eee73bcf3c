package dev.backplane.kernel.internal.fake;

import dev.backplane.api.cpu.CpuBackend;
import dev.backplane.api.cpu.CpuException;
import dev.backplane.api.cpu.CpuProbe;
import dev.backplane.api.cpu.ExitHandler;
import dev.backplane.api.cpu.ParkedAccess;
import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.PartitionContext;
import dev.backplane.api.cpu.PartitionState;
import dev.backplane.api.cpu.SelfWakingVcpu;
import dev.backplane.api.cpu.Stop;
import dev.backplane.api.cpu.Vcpu;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Option;
import dev.backplane.api.part.Resumption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A CPU whose instructions are Java: each number of {@code rip} is one, executed wholly or, when its access is parked, not
 * at all.
 */
public final class ScriptCpu implements CpuBackend<ScriptCpu.Options> {
    /** No options worth the name. */
    public record Options(
            @Option(value = "Unused.", byDefault = "0") int spare) {}

    /** What a vCPU executes. */
    @FunctionalInterface
    public interface Script {
        /**
         * Executes the instruction at {@code rip}.
         *
         * @return why the vCPU stops behind it, or null to go on
         */
        @Nullable
        Stop execute(int vcpu, long rip, ExitHandler exits) throws CpuException, InterruptedException;
    }

    /** Called when an engine is asked for its state. */
    public volatile Runnable saving = () -> {};

    /** Called when an engine is resumed. */
    public volatile Runnable resuming = () -> {};

    /** The options of the last engine that was made. */
    public volatile Options given = new Options(0);

    /** Whether a vCPU waits by itself, in its script: its vCPUs tell so, if there is one. Before the first engine is made. */
    public volatile @Nullable IntPredicate waiting;

    private final Script script;
    private final CpuProbe probe;

    /** A usable CPU. */
    public ScriptCpu(Script script) {
        this(script, new CpuProbe(10, true, "a script"));
    }

    /** A CPU with a probe. */
    public ScriptCpu(Script script, CpuProbe probe) {
        this.script = script;
        this.probe = probe;
    }

    @Override
    public CpuProbe probe() {
        return probe;
    }

    @Override
    public Partition create(Options options, PartitionContext context) {
        given = options;
        List<VcpuState> states = new ArrayList<>();
        for (int i = 0; i < context.vcpus(); i++) {
            states.add(at(0));
        }
        return new Engine(context, states);
    }

    @Override
    public Partition restore(Options options, PartitionContext context, PartitionState state) {
        given = options;
        return new Engine(context, state.vcpus());
    }

    /** A state with nothing but an instruction pointer in it. */
    public static VcpuState at(long rip) {
        VcpuState.Table table = new VcpuState.Table(0, 0);
        return new VcpuState(
                VcpuState.Activity.ACTIVE,
                new long[16],
                rip,
                2,
                List.of(),
                table,
                table,
                0,
                0,
                0,
                0,
                0,
                1,
                new long[6],
                List.of(),
                new byte[0],
                new VcpuState.Apic(0, new byte[0], 0, 0),
                Optional.empty(),
                Optional.empty(),
                false,
                false,
                false);
    }

    private final class Engine implements Partition {
        private final ScriptVcpu[] vcpus;

        Engine(PartitionContext context, List<VcpuState> states) {
            vcpus = new ScriptVcpu[states.size()];
            for (int i = 0; i < vcpus.length; i++) {
                long rip = states.get(i).rip();
                IntPredicate asleep = waiting;
                vcpus[i] = asleep == null
                        ? new ScriptVcpu(i, context.exits(i), rip)
                        : new Sleeper(i, context.exits(i), rip, asleep);
            }
        }

        @Override
        public Vcpu vcpu(int index) {
            return vcpus[index];
        }

        @Override
        public void load(int index, VcpuState state) {
            vcpus[index].rip.set(state.rip());
        }

        @Override
        public VcpuState state(int index) {
            return at(vcpus[index].rip.get());
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
            return Map.of("instructions", vcpus[0].rip.get());
        }

        @Override
        public void quiesce(Deadline deadline) {}

        @Override
        public PartitionState save() {
            saving.run();
            List<VcpuState> states = new ArrayList<>();
            for (int i = 0; i < vcpus.length; i++) {
                states.add(state(i));
            }
            return new PartitionState(states);
        }

        @Override
        public void resume(Resumption why) {
            resuming.run();
        }

        @Override
        public void close() {}
    }

    private final class Sleeper extends ScriptVcpu implements SelfWakingVcpu {
        private final int index;
        private final IntPredicate asleep;

        Sleeper(int index, ExitHandler exits, long rip, IntPredicate asleep) {
            super(index, exits, rip);
            this.index = index;
            this.asleep = asleep;
        }

        @Override
        public boolean halted() {
            return asleep.test(index);
        }
    }

    private class ScriptVcpu implements Vcpu {
        private final int index;
        private final ExitHandler exits;
        private final AtomicLong rip;
        private final AtomicBoolean kicked = new AtomicBoolean();

        ScriptVcpu(int index, ExitHandler exits, long rip) {
            this.index = index;
            this.exits = exits;
            this.rip = new AtomicLong(rip);
        }

        @Override
        public Stop run() throws CpuException {
            try {
                while (!kicked.getAndSet(false)) {
                    Stop stop = script.execute(index, rip.get(), exits);
                    rip.incrementAndGet();
                    if (exits.stopping()) {
                        return Stop.MACHINE;
                    }
                    if (stop != null) {
                        return stop;
                    }
                }
                return Stop.KICKED;
            } catch (ParkedAccess parked) {
                return Stop.PARKED;
            } catch (InterruptedException e) {
                throw new CpuException("interrupted");
            }
        }

        @Override
        public void kick() {
            kicked.set(true);
        }

        @Override
        public boolean runnable() {
            return false;
        }
    }
}
