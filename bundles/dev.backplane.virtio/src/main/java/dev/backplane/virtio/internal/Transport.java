package dev.backplane.virtio.internal;

import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.virtio.VirtioDevice;
import dev.backplane.api.device.virtio.VirtioPort;
import dev.backplane.api.device.virtio.VirtioProfile;
import dev.backplane.api.device.virtio.VirtioState;
import dev.backplane.api.device.virtio.Virtqueue;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.state.StateException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One device's transport. The driver's writes only change what is wanted; the device is activated, deactivated and its queues are
 * processed by tasks of the part's executor, so that no register access waits for the device.
 *
 * <p>The monitor guards everything but what says otherwise, and is never held while the device is called.
 */
final class Transport implements VirtioPort {
    /** A driver that waits for a reset waits as long as it takes; this is when the log says so. */
    private static final Duration RESET = Duration.ofSeconds(30);

    private final DeviceContext context;
    private final VirtioDevice device;
    private final Interrupts interrupts;
    private final Processing processing;
    final Negotiation negotiation;
    final List<QueueSetup> setups = new ArrayList<>();
    int queueSelect;

    private List<RingQueue> queues = List.of();
    private boolean held = true;
    private boolean active;
    /** A task looks for what is to change, and is to look once more. */
    private boolean changing;

    private boolean lookAgain;
    /** The device is being activated or deactivated. */
    private boolean moving;

    private boolean resetAsked;
    /** The queues have changed while the device is active: it has to be activated anew. */
    private boolean renewalAsked;

    Transport(VirtioProfile profile, DeviceContext context, VirtioDevice device) {
        this.context = context;
        this.device = device;
        negotiation = new Negotiation(
                profile.features() | Feature.OFFERED | (profile.packedRings() ? Feature.RING_PACKED : 0));
        interrupts = new Interrupts(context.pci());
        profile.queueSizes().forEach(size -> setups.add(new QueueSetup(size)));
        processing = new Processing(context.executor(), device::process, setups.size());
        Registers registers = new Registers(this, device, profile.configurationBytes());
        context.serve(Layout.REGISTERS, registers);
        context.serve(Layout.CONFIGURATION_ACCESS, new ConfigurationAccess(registers));
    }

    void restore(VirtioState state) throws StateException {
        if (state.queues().size() != setups.size()) {
            throw new StateException("a state of %d queues, the device has %d"
                    .formatted(state.queues().size(), setups.size()));
        }
        negotiation.restore(state);
        queueSelect = state.queueSelect();
        interrupts.restore(state.interruptStatus());
        for (int i = 0; i < setups.size(); i++) {
            setups.get(i).restore(state.queues().get(i), packed());
        }
    }

    // What the driver asks for. vCPU threads.

    boolean packed() {
        return negotiation.has(Feature.RING_PACKED);
    }

    void status(int value) {
        if (value != 0) {
            advance(value);
        } else if (askForReset()) {
            device.driverReset();
            interrupts.follow();
        }
    }

    /** Zero is read when it is done (2.4.1). Returns whether it is. */
    private synchronized boolean askForReset() {
        if (!active && !moving) {
            forget();
            return true;
        }
        resetAsked = true;
        change();
        return false;
    }

    private synchronized void advance(int value) {
        if (!resetAsked) {
            negotiation.advance(value);
            change();
        }
    }

    /** A vector that there is, or none (4.1.5.1.2). */
    int vector(int value) {
        return value <= setups.size() ? value : QueueSetup.NO_VECTOR;
    }

    synchronized void enable(QueueSetup setup) {
        if (!setup.enabled && negotiation.isOver()) {
            setup.enable(packed());
            renewalAsked |= active;
            change();
        }
    }

    /** A reset of one queue (2.6.1): the others rest a moment. */
    synchronized void reset(QueueSetup setup) {
        if (negotiation.has(Feature.RING_RESET) && setup.enabled) {
            setup.resetting = true;
            renewalAsked = true;
            change();
        }
    }

    /** The driver has notified a queue. At activation all queues are processed. */
    void notified(int queue) {
        processing.notified(queue);
    }

    int takeInterruptStatus() {
        return interrupts.take();
    }

    // Tasks.

    private void change() {
        if (!held) {
            context.executor().execute(this::changeNow);
        }
    }

    private void changeNow() {
        synchronized (this) {
            lookAgain = changing;
            if (held || changing) {
                return;
            }
            changing = true;
        }
        boolean over = false;
        try {
            while (!over) {
                over = !changeOnce() && isOver();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (!over) {
                end();
            }
        }
    }

    /** Nobody has asked for a change since it looked: a task that comes from now on looks itself. */
    private synchronized boolean isOver() {
        boolean over = !lookAgain;
        lookAgain = false;
        if (over) {
            end();
        }
        return over;
    }

    private synchronized void end() {
        changing = false;
        moving = false;
        notifyAll();
    }

    /** Returns whether there was something to change. */
    private boolean changeOnce() throws InterruptedException {
        boolean down;
        boolean clear;
        boolean up;
        synchronized (this) {
            down = active && (resetAsked || renewalAsked);
            clear = !active && resetAsked;
            up = !active && !resetAsked && negotiation.driverIsReady();
            moving = down || up;
            if (clear) {
                forget();
            }
        }
        if (down) {
            deactivate(Deadline.in(RESET));
        } else if (clear) {
            device.driverReset();
            interrupts.follow();
        } else if (up) {
            activate();
        }
        synchronized (this) {
            moving = false;
        }
        return down || clear || up;
    }

    private void activate() {
        List<RingQueue> made = new ArrayList<>();
        List<String> wrong = new ArrayList<>();
        long features;
        synchronized (this) {
            features = negotiation.driverFeatures();
            renewalAsked = false;
            for (int i = 0; i < setups.size(); i++) {
                made.add(queue(i, features, wrong));
            }
            queues = List.copyOf(made);
        }
        wrong.forEach(this::needsReset);
        device.activate(features, List.<Virtqueue>copyOf(made));
        boolean rests;
        synchronized (this) {
            active = true;
            rests = held;
        }
        if (!rests) {
            processing.open();
        }
    }

    private RingQueue queue(int index, long features, List<String> wrong) {
        QueueSetup setup = setups.get(index);
        if (setup.resetting) {
            setup.reset();
        }
        if (!setup.enabled || setup.broken) {
            return EmptyQueue.INSTANCE;
        }
        Runnable interrupt = () -> interrupts.ofQueue(setup.vector);
        Consumer<String> broken = reason -> needsReset(broken(index, reason));
        try {
            return packed()
                    ? new PackedQueue(context.memory(), setup, features, interrupt, broken)
                    : new SplitQueue(context.memory(), setup, features, interrupt, broken);
        } catch (BrokenQueueException e) {
            setup.broken = true;
            wrong.add(broken(index, String.valueOf(e.getMessage())));
            return EmptyQueue.INSTANCE;
        }
    }

    private static String broken(int index, String reason) {
        return "queue %d is broken: %s".formatted(index, reason);
    }

    private void deactivate(Deadline deadline) throws InterruptedException {
        synchronized (this) {
            active = false;
            queues.forEach(queue -> queue.rest(true));
        }
        processing.close();
        try {
            if (!processing.awaitIdle(deadline)) {
                throw new IllegalStateException("the device does not come back from a queue");
            }
            device.deactivate(deadline);
        } catch (InterruptedException | RuntimeException e) {
            goOn();
            throw e;
        }
        synchronized (this) {
            for (int i = 0; i < queues.size(); i++) {
                queues.get(i).end(setups.get(i));
            }
            queues = List.of();
        }
    }

    /** It could not be deactivated. */
    private void goOn() {
        boolean rests;
        synchronized (this) {
            active = true;
            rests = held;
            queues.forEach(queue -> queue.rest(rests));
        }
        if (!rests) {
            processing.open();
        }
    }

    /** The driver's reset is done, but for the pin. The monitor is held. */
    private void forget() {
        negotiation.forget();
        queueSelect = 0;
        interrupts.forget();
        setups.forEach(QueueSetup::reset);
        renewalAsked = false;
        resetAsked = false;
    }

    // What the device asks for. Any thread.

    @Override
    public void process(int queue) {
        processing.want(queue);
    }

    private void interruptForConfiguration() {
        int vector;
        synchronized (this) {
            if ((negotiation.status & Status.DRIVER_OK) == 0) {
                return;
            }
            vector = negotiation.configurationVector;
        }
        interrupts.ofConfiguration(vector);
    }

    @Override
    public void configurationChanged() {
        synchronized (this) {
            negotiation.configurationChanged();
        }
        interruptForConfiguration();
    }

    @Override
    public void needsReset(String reason) {
        context.logger().log(System.Logger.Level.WARNING, "{0}", reason);
        synchronized (this) {
            negotiation.status |= Status.NEEDS_RESET;
        }
        interruptForConfiguration();
    }

    // The part's life.

    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {
        boolean down;
        boolean wasReset;
        synchronized (this) {
            held = true;
            queues.forEach(queue -> queue.rest(true));
            while (changing) {
                TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline.remainingNanos()));
                if (changing && deadline.passed()) {
                    throw new IllegalStateException("the device does not come to rest");
                }
            }
            down = active;
        }
        if (down) {
            deactivate(deadline);
        }
        synchronized (this) {
            wasReset = resetAsked;
            if (wasReset) {
                forget();
            }
            setups.stream().filter(setup -> setup.resetting).forEach(QueueSetup::reset);
        }
        if (wasReset) {
            device.driverReset();
        }
    }

    @Override
    public synchronized VirtioState save() {
        return new VirtioState(
                negotiation.status,
                negotiation.driverFeatures(),
                negotiation.deviceFeatureSelect,
                negotiation.driverFeatureSelect,
                negotiation.generation,
                negotiation.configurationVector,
                queueSelect,
                interrupts.save(),
                setups.stream().map(QueueSetup::save).toList());
    }

    @Override
    public void resume() {
        boolean wasActive;
        synchronized (this) {
            held = false;
            // After a quiesce that failed the device is still active, and may have missed a notification.
            wasActive = active;
            queues.forEach(queue -> queue.rest(false));
        }
        interrupts.follow();
        change();
        if (wasActive) {
            processing.open();
        }
    }

    @Override
    public Map<String, Long> statistics() {
        List<RingQueue> now;
        synchronized (this) {
            now = queues;
        }
        Map<String, Long> counted = new HashMap<>();
        for (int i = 0; i < setups.size(); i++) {
            String prefix = "queue%d-".formatted(i);
            counted.put(prefix + "notified", processing.timesNotified(i));
            if (i < now.size()) {
                now.get(i).count(prefix, counted);
            }
        }
        return counted;
    }

    @Override
    public synchronized void reset() {
        forget();
        negotiation.generation = 0;
    }

    @Override
    public void close() {
        processing.close();
        synchronized (this) {
            held = true;
            for (int i = 0; i < queues.size(); i++) {
                queues.get(i).end(setups.get(i));
            }
            queues = List.of();
            active = false;
        }
    }
}
