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
import java.util.List;
import java.util.concurrent.TimeUnit;

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
    private final long offered;
    private final Interrupts interrupts;
    final List<QueueSetup> setups = new ArrayList<>();
    private final boolean[] wanted;
    private final boolean[] scheduled;

    private List<RingQueue> queues = List.of();
    private boolean held = true;
    private boolean active;
    /** A task looks for what is to change, and is to look once more. */
    private boolean changing;

    private boolean lookAgain;
    /** The device is being activated or deactivated. */
    private boolean moving;
    /** Calls of {@link VirtioDevice#process} under way. */
    private int running;

    private boolean resetAsked;
    /** The queues have changed while the device is active: it has to be activated anew. */
    private boolean renewalAsked;

    // What the registers show.
    private int status;
    private long driverFeatures;
    volatile int deviceFeatureSelect;
    volatile int driverFeatureSelect;
    volatile int queueSelect;
    private int generation;
    private int configurationVector = QueueSetup.NO_VECTOR;

    Transport(VirtioProfile profile, DeviceContext context, VirtioDevice device) {
        this.context = context;
        this.device = device;
        offered = profile.features() | Feature.OFFERED;
        interrupts = new Interrupts(context.pci());
        profile.queueSizes().forEach(size -> setups.add(new QueueSetup(size)));
        wanted = new boolean[setups.size()];
        scheduled = new boolean[setups.size()];
        Registers registers = new Registers(this, device, profile.configurationBytes());
        context.serve(Layout.REGISTERS, registers);
        context.serve(Layout.CONFIGURATION_ACCESS, new ConfigurationAccess(registers));
    }

    void restore(VirtioState state) throws StateException {
        if (state.queues().size() != setups.size()) {
            throw new StateException("a state of %d queues, the device has %d"
                    .formatted(state.queues().size(), setups.size()));
        }
        if ((state.driverFeatures() & ~offered) != 0) {
            throw new StateException("the driver has accepted features 0x%x that are not offered any more: 0x%x"
                    .formatted(state.driverFeatures(), state.driverFeatures() & ~offered));
        }
        status = state.status() & 0xff;
        driverFeatures = state.driverFeatures();
        deviceFeatureSelect = state.deviceFeatureSelect();
        driverFeatureSelect = state.driverFeatureSelect();
        generation = state.configurationGeneration() & 0xff;
        configurationVector = state.configurationVector() & 0xffff;
        queueSelect = state.queueSelect();
        interrupts.restore(state.interruptStatus());
        for (int i = 0; i < setups.size(); i++) {
            setups.get(i).restore(state.queues().get(i));
        }
    }

    // What the driver asks for. vCPU threads.

    synchronized int status() {
        return status;
    }

    void status(int value) {
        if (value != 0) {
            advance(value);
        } else if (askForReset()) {
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
        if (resetAsked) {
            return;
        }
        // A driver only sets bits (2.1.1).
        int next = status | value & ~Status.NEEDS_RESET & 0xff;
        if ((next & Status.FEATURES_OK) != 0 && (status & Status.FEATURES_OK) == 0 && !accepted()) {
            next &= ~Status.FEATURES_OK;
        }
        status = next;
        change();
    }

    /** A subset of what is offered, and not the interface of before 1.0, which is not there. */
    private boolean accepted() {
        return (driverFeatures & ~offered) == 0 && (driverFeatures & Feature.VERSION_1) != 0;
    }

    long offered() {
        return offered;
    }

    synchronized long driverFeatures() {
        return driverFeatures;
    }

    /** Ignored once the negotiation is over (3.1.1). */
    synchronized void driverFeatures(long value) {
        if ((status & Status.FEATURES_OK) == 0) {
            driverFeatures = value;
        }
    }

    synchronized int generation() {
        return generation;
    }

    synchronized int configurationVector() {
        return configurationVector;
    }

    synchronized void configurationVector(int vector) {
        configurationVector = vector(vector);
    }

    /** A vector that there is, or none (4.1.5.1.2). */
    int vector(int value) {
        return value <= setups.size() ? value : QueueSetup.NO_VECTOR;
    }

    synchronized void enable(QueueSetup setup) {
        if (!setup.enabled && (status & Status.FEATURES_OK) != 0) {
            setup.enabled = true;
            renewalAsked |= active;
            change();
        }
    }

    /** A reset of one queue (2.6.1): the others rest a moment. */
    synchronized void reset(QueueSetup setup) {
        if ((driverFeatures & Feature.RING_RESET) != 0 && setup.enabled) {
            setup.resetting = true;
            renewalAsked = true;
            change();
        }
    }

    /** The driver has notified a queue. */
    void notified(int queue) {
        synchronized (this) {
            if (queue >= setups.size() || !active) {
                // At activation all queues are processed.
                return;
            }
            wanted[queue] = true;
        }
        schedule(queue);
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

    private synchronized boolean driverIsReady() {
        return (status & (Status.DRIVER_OK | Status.FAILED)) == Status.DRIVER_OK;
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
            up = !active && !resetAsked && driverIsReady();
            moving = down || up;
            if (clear) {
                forget();
            }
        }
        if (down) {
            deactivate(Deadline.in(RESET));
        } else if (clear) {
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
            features = driverFeatures;
            renewalAsked = false;
            for (int i = 0; i < setups.size(); i++) {
                made.add(queue(i, features, wrong));
            }
            queues = List.copyOf(made);
        }
        wrong.forEach(this::needsReset);
        device.activate(features, List.<Virtqueue>copyOf(made));
        synchronized (this) {
            active = true;
            for (int i = 0; i < wanted.length; i++) {
                wanted[i] = setups.get(i).enabled;
            }
        }
        for (int i = 0; i < wanted.length; i++) {
            schedule(i);
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
        try {
            return new SplitQueue(
                    context.memory(),
                    setup,
                    features,
                    () -> interrupts.ofQueue(setup.vector),
                    reason -> needsReset(broken(index, reason)));
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
            while (running > 0) {
                TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline.remainingNanos()));
                if (running > 0 && deadline.passed()) {
                    goOn();
                    throw new IllegalStateException("the device does not come back from a queue");
                }
            }
        }
        try {
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
    private synchronized void goOn() {
        active = true;
        queues.forEach(queue -> queue.rest(false));
    }

    /** The driver's reset is done, but for the pin. The monitor is held. */
    private void forget() {
        status = 0;
        driverFeatures = 0;
        deviceFeatureSelect = 0;
        driverFeatureSelect = 0;
        queueSelect = 0;
        configurationVector = QueueSetup.NO_VECTOR;
        interrupts.forget();
        setups.forEach(QueueSetup::reset);
        renewalAsked = false;
        resetAsked = false;
    }

    private void schedule(int queue) {
        synchronized (this) {
            if (scheduled[queue] || !wanted[queue]) {
                return;
            }
            scheduled[queue] = true;
        }
        context.executor().execute(() -> process(queue));
    }

    private void process(int queue) {
        while (true) {
            synchronized (this) {
                if (!wanted[queue] || !active || held) {
                    scheduled[queue] = false;
                    return;
                }
                wanted[queue] = false;
                running++;
            }
            try {
                device.process(queue);
            } finally {
                synchronized (this) {
                    running--;
                    notifyAll();
                }
            }
        }
    }

    // What the device asks for. Any thread.

    private void interruptForConfiguration() {
        int vector;
        synchronized (this) {
            if ((status & Status.DRIVER_OK) == 0) {
                return;
            }
            vector = configurationVector;
        }
        interrupts.ofConfiguration(vector);
    }

    @Override
    public void configurationChanged() {
        synchronized (this) {
            generation = generation + 1 & 0xff;
        }
        interruptForConfiguration();
    }

    @Override
    public void needsReset(String reason) {
        context.logger().log(System.Logger.Level.WARNING, "{0}", reason);
        synchronized (this) {
            status |= Status.NEEDS_RESET;
        }
        interruptForConfiguration();
    }

    // The part's life.

    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {
        boolean down;
        synchronized (this) {
            held = true;
            queues.forEach(queue -> queue.rest(true));
            while (changing || running > 0) {
                TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline.remainingNanos()));
                if ((changing || running > 0) && deadline.passed()) {
                    throw new IllegalStateException("the device does not come to rest");
                }
            }
            down = active;
        }
        if (down) {
            deactivate(deadline);
        }
        synchronized (this) {
            if (resetAsked) {
                forget();
            }
            setups.stream().filter(setup -> setup.resetting).forEach(QueueSetup::reset);
        }
    }

    @Override
    public synchronized VirtioState save() {
        return new VirtioState(
                status,
                driverFeatures,
                deviceFeatureSelect,
                driverFeatureSelect,
                generation,
                configurationVector,
                queueSelect,
                interrupts.save(),
                setups.stream().map(QueueSetup::save).toList());
    }

    @Override
    public void resume() {
        synchronized (this) {
            held = false;
            for (int i = 0; i < wanted.length; i++) {
                // After a quiesce that failed the device is still active, and may have missed a notification.
                wanted[i] |= active;
            }
            queues.forEach(queue -> queue.rest(false));
        }
        interrupts.follow();
        change();
        for (int i = 0; i < setups.size(); i++) {
            schedule(i);
        }
    }

    @Override
    public synchronized void reset() {
        forget();
        generation = 0;
    }

    @Override
    public void close() {
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
