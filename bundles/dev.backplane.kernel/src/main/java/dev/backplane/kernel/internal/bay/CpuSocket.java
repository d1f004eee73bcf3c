package dev.backplane.kernel.internal.bay;

import dev.backplane.api.cpu.CpuBackend;
import dev.backplane.api.cpu.ExitHandler;
import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.PartitionContext;
import dev.backplane.api.cpu.PartitionState;
import dev.backplane.api.machine.Board;
import dev.backplane.api.memory.MappedRam;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Part;
import dev.backplane.api.state.StateException;
import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;
import dev.backplane.kernel.internal.catalogue.Offer;
import dev.backplane.kernel.internal.file.PartSpec;
import dev.backplane.kernel.internal.file.Scope;
import dev.backplane.kernel.internal.state.EncodedState;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The bay of the virtual CPUs' engine. Who opens and closes it keeps the vCPU threads out of the guest meanwhile. */
public final class CpuSocket implements Socket {
    private final PartSpec spec;
    private final Path folder;
    private final String model;
    private final int vcpus;
    private final Board board;
    private final VcpuPort port;
    private final Bay bay;
    private final Map<String, Long> past = new ConcurrentHashMap<>();
    private volatile @Nullable Partition partition;
    private volatile Exits[] exits = new Exits[0];

    private CpuSocket(
            PartSpec spec,
            Path folder,
            String model,
            int vcpus,
            Board board,
            VcpuPort port,
            Surroundings surroundings) {
        this.spec = spec;
        this.folder = folder;
        this.model = model;
        this.vcpus = vcpus;
        this.board = board;
        this.port = port;
        this.bay = new Bay(spec, surroundings, this);
    }

    /**
     * Makes the bay, vacant.
     *
     * @param spec what the VM file says, its type decided
     * @param folder what relative paths start from
     * @param model the CPU model
     * @param vcpus how many
     * @param board where exits go
     * @param port the vCPU threads
     * @param surroundings what the machine's bays share
     * @return the socket
     */
    public static CpuSocket plug(
            PartSpec spec,
            Path folder,
            String model,
            int vcpus,
            Board board,
            VcpuPort port,
            Surroundings surroundings) {
        return new CpuSocket(spec, folder, model, vcpus, board, port, surroundings);
    }

    /** The bay. */
    public Bay bay() {
        return bay;
    }

    /**
     * The engine in the bay, running or at rest.
     *
     * @return the engine, if there is one
     */
    public Optional<Partition> partition() {
        return Optional.ofNullable(partition);
    }

    /**
     * The counters of the engine in the bay and of those before it.
     *
     * @return by name
     */
    public Map<String, Long> statistics() {
        Map<String, Long> sums = new TreeMap<>(past);
        partition()
                .ifPresent(engine -> engine.statistics().forEach((name, count) -> sums.merge(name, count, Long::sum)));
        return sums;
    }

    @Override
    public void leaving(Part<?> part, BasicContext context, Deadline deadline) {
        // Strings and numbers of the JDK; nothing of the plugin's.
        ((Partition) part).statistics().forEach((name, count) -> past.merge(name, count, Long::sum));
        ((Context) context).placed = false;
        disconnect();
    }

    /**
     * Where a vCPU's last exit went.
     *
     * @param index its number
     * @return its exits
     */
    public Exits exits(int index) {
        return exits[index];
    }

    @Override
    public boolean startsWithTheGuest() {
        return true;
    }

    @Override
    public BasicContext context(Bay here, long occupant) {
        return new Context(here, occupant);
    }

    @Override
    public Record bind(PartSpec asked, Offer offer) throws ConfigurationException {
        Scope scope = new Scope(folder, asked.id());
        return offer.binder().bind(offer.options(), asked.options(), asked.path(), scope, "type", "model");
    }

    @Override
    public Record check(PartSpec asked, Offer offer) throws ConfigurationException {
        return bind(asked, offer);
    }

    @Override
    @SuppressWarnings("unchecked")
    public Part<?> make(Record options, Offer offer, BasicContext context, @Nullable EncodedState state)
            throws ConfigurationException, StateException {
        CpuBackend<Record> backend = offer.factory(CpuBackend.class);
        Context own = (Context) context;
        return state == null
                ? backend.create(options, own)
                : backend.restore(options, own, (PartitionState) offer.codec().decode(state));
    }

    @Override
    public void place(Part<?> part, BasicContext context) {
        Context own = (Context) context;
        own.placed = true;
        partition = (Partition) part;
        exits = own.exits;
    }

    @Override
    public void open(Part<?> part, BasicContext context) {
        Partition engine = (Partition) part;
        bay.surroundings().ram().observe(engine::written);
        board.connect(engine);
    }

    /** Interrupts reach an engine at rest, too; only while it is being saved and when it has gone they stay in the board. */
    @Override
    public void close() {}

    @Override
    public void saving() {
        board.connect(null);
    }

    private void disconnect() {
        partition = null;
        board.connect(null);
        bay.surroundings().ram().observe(null);
    }

    /** What one generation of an engine sees of the world. */
    private final class Context extends BasicContext implements PartitionContext {
        private final Exits[] exits = new Exits[vcpus];
        private volatile boolean placed;

        Context(Bay bay, long occupant) {
            super(bay, occupant);
            for (int i = 0; i < vcpus; i++) {
                exits[i] = new Exits(id(), i, board, port);
            }
        }

        @Override
        public int vcpus() {
            return vcpus;
        }

        @Override
        public String cpuModel() {
            return model;
        }

        @Override
        public MappedRam ram() {
            lifeline.check();
            return memory;
        }

        @Override
        public GuestClock clock() {
            return clock;
        }

        @Override
        public GuestTimer timer(Runnable handler) {
            return timers.timer(handler);
        }

        @Override
        public ExitHandler exits(int index) {
            return exits[index];
        }

        @Override
        public void wake(int index) {
            if (lifeline.acts()) {
                port.wake(index);
            }
        }

        @Override
        void cut() {
            // One that was thrown away leaves the other where it is.
            if (placed) {
                disconnect();
            }
            for (Exits each : exits) {
                each.cut();
            }
            super.cut();
        }
    }
}
