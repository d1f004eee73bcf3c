package dev.backplane.testkit;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Part;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * A bay with what a device talks through, driven by a test in the place of the device: its parts and their life. What goes through it
 * differs by kind.
 *
 * @param <P> a part that sits in it
 * @param <S> its state
 */
abstract class EndBench<P extends Part<S>, S extends Record> implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final String id;
    private final Maker<P, S> maker;
    private final TestMachine machine = new TestMachine();
    private final HostResources resources = new HostResources();
    private final Bells bells = new Bells();
    private EndContext context;
    private P port;
    private boolean running;

    /** Makes parts, with the options of the bay. */
    interface Maker<P, S> {
        P create(EndContext context) throws ConfigurationException;

        P restore(EndContext context, S state) throws StateException, ConfigurationException;
    }

    EndBench(String id, Maker<P, S> maker) throws ConfigurationException {
        this.id = id;
        this.maker = maker;
        context = newContext();
        port = maker.create(context);
    }

    private EndContext newContext() {
        return new EndContext(id, machine, resources, bells);
    }

    /**
     * What it is plugged into.
     *
     * @return with what parts reported as failures
     */
    public final TestMachine machine() {
        return machine;
    }

    /**
     * The part in the bay.
     *
     * @return the part of this moment
     */
    public final P port() {
        return port;
    }

    final Bells bells() {
        return bells;
    }

    /** Waits as a device does for being told. */
    final void await(Semaphore bell, String what) {
        try {
            if (!bell.tryAcquire(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("a device waits in vain to be " + what + "; failures: " + machine.failures());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** Closes the gate and brings the part to rest. */
    public final void quiesce() {
        try {
            quiesce(Deadline.in(PATIENCE));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("quiesce was interrupted", e);
        }
    }

    /**
     * Closes the gate and brings the part to rest.
     *
     * @param deadline by when
     * @throws InterruptedException when interrupted
     */
    public final void quiesce(Deadline deadline) throws InterruptedException {
        port.quiesce(deadline);
        running = false;
    }

    /**
     * Lets the part go on.
     *
     * @param why as it is told
     */
    public final void resume(Resumption why) {
        running = true;
        port.resume(why);
        bells.ringAll();
    }

    /**
     * Replaces the part by a new one that goes on from its state.
     *
     * @return the state that moved
     */
    public final S swap() {
        quiesce();
        S state = PlainState.copy(port.save());
        EndContext next = newContext();
        P successor = successor(next, state);
        port.close();
        context.revoke();
        context = next;
        port = successor;
        resume(new Resumption(Resumption.Cause.SWAP, Duration.ZERO));
        return state;
    }

    /** Begins a swap that fails after the successor was made: the old part goes on. */
    public final void swapAndRollBack() {
        quiesce();
        EndContext next = newContext();
        successor(next, PlainState.copy(port.save())).close();
        next.revoke();
        resume(new Resumption(Resumption.Cause.ROLLBACK, Duration.ZERO));
    }

    private P successor(EndContext next, S state) {
        try {
            return maker.restore(next, state);
        } catch (StateException | ConfigurationException e) {
            throw new AssertionError("the backend refuses the state that it saved: " + PlainState.render(state), e);
        }
    }

    /**
     * Makes a part from a state beside the one that runs, while that rests, and throws it away.
     *
     * @param state what it goes on from
     * @throws StateException when the backend refuses it
     */
    public final void rehearse(S state) throws StateException {
        quiesce();
        EndContext shadow = newContext();
        try {
            maker.restore(shadow, state).close();
        } catch (ConfigurationException e) {
            throw new AssertionError("the backend refuses the options that it was made with", e);
        } finally {
            shadow.revoke();
            resume(new Resumption(Resumption.Cause.ROLLBACK, Duration.ZERO));
        }
    }

    /** Empties the bay: quiesces and closes the part, and closes the bay's host resources. */
    @Override
    public final void close() {
        if (running) {
            quiesce();
        }
        port.close();
        port.close();
        context.revoke();
        resources.close();
    }

    /** Whether no task of the part is left behind after {@link #close}. */
    final boolean tasksEnd() throws InterruptedException {
        return context.tasksEnd(PATIENCE.toSeconds());
    }

    /** Starts the part of a bay that was just made; {@code made} fails where the backend refuses its options. */
    static <B extends EndBench<?, ?>> B started(Making<B> making, Record options) {
        try {
            B bench = making.make();
            bench.resume(Resumption.STARTED);
            return bench;
        } catch (ConfigurationException e) {
            throw new AssertionError("the backend refuses its options " + options, e);
        }
    }

    /** Makes a bench. */
    interface Making<B> {
        B make() throws ConfigurationException;
    }
}
