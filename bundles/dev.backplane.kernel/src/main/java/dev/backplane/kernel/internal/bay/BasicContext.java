package dev.backplane.kernel.internal.bay;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.PartContext;
import dev.backplane.api.part.ResourceOpener;
import dev.backplane.kernel.internal.memory.PartMemory;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What every kind of part sees of the world: one object per generation, cut off when the part goes. */
abstract class BasicContext implements PartContext {
    final Lifeline lifeline;
    final CallGate gate = new CallGate();
    final PartTimers timers;
    final PartClock clock;
    final PartMemory memory;
    final Bay bay;
    private final long occupant;
    private final PartExecutor executor;
    private volatile ResourceShelf shelf;
    private volatile @Nullable String trouble;

    BasicContext(Bay bay, long occupant) {
        this.bay = bay;
        this.occupant = occupant;
        String name = bay.surroundings().vm() + "/" + bay.id();
        lifeline = new Lifeline(name);
        shelf = bay.resources();
        executor = new PartExecutor(name, lifeline, this::threw);
        timers = new PartTimers(bay, lifeline, gate, this::threw);
        clock = new PartClock(bay.surroundings().clock(), lifeline, timers);
        memory = new PartMemory(bay.surroundings().ram());
    }

    @Override
    public final String id() {
        return bay.id();
    }

    @Override
    public final String vm() {
        return bay.surroundings().vm();
    }

    @Override
    public final System.Logger logger() {
        return bay.logger();
    }

    @Override
    public final void fail(String reason, @Nullable Throwable cause) {
        lifeline.check();
        report(Rendered.line(reason, cause));
    }

    /** A task, a timer or a listener of the part threw. */
    final void threw(Throwable thrown) {
        report(Rendered.line(thrown));
    }

    @Override
    public final boolean virtualTime() {
        return bay.surroundings().virtual() != null;
    }

    @Override
    public final RandomGenerator random() {
        lifeline.check();
        VirtualTime virtual = bay.surroundings().virtual();
        return virtual == null ? new SecureRandom() : virtual.random(id());
    }

    @Override
    public final void guestRenewed() {
        requests().ifPresent(MachineRequests::guestRenewed);
    }

    @Override
    public Executor executor() {
        lifeline.check();
        return executor;
    }

    @Override
    public final <R extends AutoCloseable> R resource(String key, Class<R> type, ResourceOpener<R> opener)
            throws ConfigurationException {
        lifeline.check();
        return shelf.get(key, type, opener);
    }

    @Override
    public final void release(String key) {
        lifeline.check();
        shelf.release(key);
    }

    /** The part sees everything and touches nothing, from now on: another one has the place. */
    final void standApart() {
        shelf = bay.resources().beside();
        memory.writable(false);
        lifeline.apart(true);
    }

    /** It gets the place. */
    final void takePlace() {
        bay.resources().adopt(shelf);
        shelf = bay.resources();
        memory.writable(true);
        lifeline.apart(false);
    }

    /** What a part that stands apart has said, or thrown on a thread of its own. */
    final Optional<String> trouble() {
        return Optional.ofNullable(trouble);
    }

    private void report(String reason) {
        if (lifeline.isApart()) {
            trouble = reason;
        } else {
            bay.report(occupant, reason);
        }
    }

    final Optional<MachineRequests> requests() {
        return lifeline.acts() ? Optional.of(bay.surroundings().requests()) : Optional.empty();
    }

    /** Whether none of our calls into the part is under way, and none of its tasks. */
    final boolean idle() {
        return gate.idle() && executor.idle();
    }

    /** Cuts the part off: every later call of it throws, its timers are gone, its leases unusable. */
    void cut() {
        lifeline.cut();
        gate.close();
        timers.close();
        executor.shutDown();
        if (shelf != bay.resources()) {
            shelf.close();
        }
        try {
            memory.close();
        } catch (IllegalStateException e) {
            System.getLogger(BasicContext.class.getName())
                    .log(
                            System.Logger.Level.WARNING,
                            "{0}: a foreign call still holds guest memory: {1}",
                            id(),
                            e.getMessage());
        }
    }
}
