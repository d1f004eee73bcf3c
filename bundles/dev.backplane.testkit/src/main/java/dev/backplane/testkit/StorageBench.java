package dev.backplane.testkit;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateException;
import dev.backplane.api.storage.ImageFile;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageContext;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A bay with one layer of a disk, driven by a test in the place of the kernel. What its options refer to are disks in memory.
 *
 * <pre>{@code
 * try (var bench = StorageBench.plug(new RawFormat(), new RawOptions(new StorageRef("below"), 0, Optional.empty()))) {
 *     bench.layer().write(512, bytes);
 *     bench.swap();
 *     bench.layer().read(512, other);
 * }
 * }</pre>
 *
 * @param <O> the layer's options
 * @param <S> its state
 */
public final class StorageBench<O extends Record, S extends Record> implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final StorageOpener<O, S> opener;
    private final O options;
    private final TestMachine machine;
    private final HostResources resources = new HostResources();
    private Context context;
    private StorageLayer<S> layer;
    private boolean running;

    private StorageBench(StorageOpener<O, S> opener, O options, TestMachine machine)
            throws ConfigurationException, StorageException {
        this.opener = opener;
        this.options = options;
        this.machine = machine;
        context = new Context(machine, resources);
        layer = opener.open(options, context);
    }

    /**
     * A bay whose layer is made and not started.
     *
     * @param <O> the layer's options
     * @param <S> its state
     * @param opener makes it
     * @param options its options
     * @param machine has the disks that the options refer to
     * @return the bench
     * @throws ConfigurationException as the opener does
     * @throws StorageException as the opener does
     */
    public static <O extends Record, S extends Record> StorageBench<O, S> make(
            StorageOpener<O, S> opener, O options, TestMachine machine)
            throws ConfigurationException, StorageException {
        return new StorageBench<>(opener, options, machine);
    }

    /**
     * A bay whose layer runs.
     *
     * @param <O> the layer's options
     * @param <S> its state
     * @param opener makes it
     * @param options its options
     * @param machine has the disks that the options refer to
     * @return the bench
     */
    public static <O extends Record, S extends Record> StorageBench<O, S> plug(
            StorageOpener<O, S> opener, O options, TestMachine machine) {
        try {
            StorageBench<O, S> bench = make(opener, options, machine);
            bench.resume(Resumption.STARTED);
            return bench;
        } catch (ConfigurationException | StorageException e) {
            throw new AssertionError("the layer refuses its options " + options, e);
        }
    }

    /**
     * What an opener sees of the world, for abilities of formats that need no open layer.
     *
     * @param machine has the disks that options refer to
     * @return a context of its own
     */
    public static StorageContext context(TestMachine machine) {
        return new Context(machine, new HostResources());
    }

    /**
     * The layer.
     *
     * @return the part of this moment
     */
    public StorageLayer<S> layer() {
        return layer;
    }

    /**
     * The disks below.
     *
     * @return as given
     */
    public TestMachine machine() {
        return machine;
    }

    /** Brings the layer to rest: requests that it holds back itself come back meanwhile. */
    public void quiesce() {
        context.resting = true;
        try {
            layer.quiesce(Deadline.in(PATIENCE));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("quiesce was interrupted", e);
        }
        running = false;
    }

    /**
     * Lets the layer go on.
     *
     * @param why as the layer is told
     */
    public void resume(Resumption why) {
        running = true;
        context.resting = false;
        layer.resume(why);
    }

    /**
     * Replaces the layer by a new one that goes on from its state.
     *
     * @return the state that moved
     */
    public S swap() {
        quiesce();
        // As for a snapshot, when all that is below has come to rest as well.
        machine.restDisks(true);
        S state = PlainState.copy(layer.save());
        machine.restDisks(false);
        Context next = new Context(machine, resources);
        StorageLayer<S> successor;
        try {
            successor = opener.restore(options, next, state);
        } catch (StateException | ConfigurationException | StorageException e) {
            throw new AssertionError("the layer refuses the state that it saved: " + PlainState.render(state), e);
        }
        layer.close();
        context.revoke();
        context = next;
        layer = successor;
        resume(new Resumption(Resumption.Cause.SWAP, Duration.ZERO));
        return state;
    }

    /** Empties the bay. */
    @Override
    public void close() {
        if (running) {
            quiesce();
        }
        layer.close();
        layer.close();
        context.revoke();
        resources.close();
    }

    /** Whether nothing of the layer is left behind after {@link #close}. */
    boolean leftNothing() throws InterruptedException {
        return resources.count() == 0 && context.tasksEnd(PATIENCE.toSeconds());
    }

    /** One generation's context. */
    private static final class Context extends TestPartContext implements StorageContext {
        private volatile boolean resting;

        Context(TestMachine machine, HostResources resources) {
            super("storage", machine, resources);
        }

        @Override
        public void handBackAtRest() throws StorageException {
            check();
            if (resting) {
                throw new StorageException(StorageException.Kind.AWAY, "it comes to rest");
            }
        }

        @Override
        public ResizableStorage storage(StorageRef reference) {
            return machine().below(reference);
        }

        @Override
        public ImageFile file(Path path, boolean writable) throws ConfigurationException {
            return resource(path.toString(), ImageFile.class, () -> PlainFile.open(path, writable));
        }
    }
}
