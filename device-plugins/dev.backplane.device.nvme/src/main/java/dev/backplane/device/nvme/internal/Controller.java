package dev.backplane.device.nvme.internal;

import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.state.StateException;
import dev.backplane.api.storage.StorageException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The controller: its life from enabling to reset and shutdown, its queues, and the commands in flight. A doorbell only notes what is new;
 * tasks of the part's executor fetch commands and carry them out, so that no register access waits for the disk.
 *
 * <p>One monitor guards registers, queues, features and events. It is never held while a command is carried out, nor while the guest is
 * interrupted.
 */
final class Controller {
    private final DeviceContext context;
    private final GuestMemory memory;
    private final int queues;
    private final Interrupts interrupts;
    private final Administration administration;
    private final AdminCommands admin;
    private final NamespaceCommands namespace;
    private final Counters counters = new Counters();
    private final Features features;
    private final Events events = new Events();
    private final QueueSet queueSet;

    private boolean held = true;
    private boolean resetting;
    private boolean shuttingDown;
    /** Commands that were fetched and are not answered; a flush of the shutdown counts too. */
    private int inFlight;

    // What the registers show.
    private int cc;
    private int csts;
    private int interruptMask;
    private int aqa;
    private long asq;
    private long acq;

    Controller(NvmeOptions options, DeviceContext context) {
        this.context = context;
        memory = context.memory();
        queues = options.queues();
        features = new Features(queues);
        queueSet = new QueueSet(queues, memory);
        interrupts = new Interrupts(context.pci(), this::asserts);
        namespace =
                new NamespaceCommands(context.storage(options.disk()), memory, options, this::hasWriteCache, counters);
        administration = new Administration(this, memory, interrupts, queueSet, queues, features, events, counters);
        Identity identity = new Identity(options, context.vm(), context.id());
        admin = new AdminCommands(administration, memory, identity, namespace::capacityBlocks);
    }

    // Registers. vCPU threads.

    synchronized int configuration() {
        return cc;
    }

    synchronized int status() {
        return csts;
    }

    synchronized int interruptMask() {
        return interruptMask;
    }

    synchronized int adminAttributes() {
        return aqa;
    }

    synchronized long adminSubmissions() {
        return asq;
    }

    synchronized long adminCompletions() {
        return acq;
    }

    /** Masks vectors, or unmasks them; of use for the pin alone (3.1.3). */
    void mask(int bits, boolean masked) {
        synchronized (this) {
            interruptMask = masked ? interruptMask | bits : interruptMask & ~bits;
        }
        interrupts.follow();
    }

    /** Where the admin queues are; ignored while the controller is enabled (3.1.8). */
    synchronized void adminQueues(int attributes, long submission, long completion) {
        if ((cc & Layout.CC_EN) == 0) {
            aqa = attributes & Layout.AQA_BITS;
            asq = submission & -Layout.PAGE_BYTES;
            acq = completion & -Layout.PAGE_BYTES;
        }
    }

    void configure(int value) {
        synchronized (this) {
            boolean enabled = (cc & Layout.CC_EN) != 0;
            int shutdown = shutdown(cc);
            cc = value & Layout.CC_BITS;
            if (enabled && (cc & Layout.CC_EN) == 0) {
                resetting = true;
            } else if (!enabled && (cc & Layout.CC_EN) != 0 && !resetting) {
                enable();
            }
            if (shutdown == 0 && shutdown(cc) != 0) {
                shuttingDown = true;
                csts = csts & ~Layout.CSTS_SHST | Layout.CSTS_SHST_BUSY;
            }
            settle();
        }
        interrupts.follow();
    }

    private static int shutdown(int configuration) {
        return configuration >>> Layout.CC_SHN_SHIFT & 3;
    }

    private void enable() {
        int submissionEntries = (aqa & 0xfff) + 1;
        int completionEntries = (aqa >>> 16) + 1;
        boolean plain = (cc >>> Layout.CC_CSS_SHIFT & 7) == 0
                && (cc >>> Layout.CC_MPS_SHIFT & 15) == 0
                && (cc >>> Layout.CC_AMS_SHIFT & 7) == 0;
        if (!plain
                || submissionEntries < 2
                || completionEntries < 2
                || !memory.contains(asq, (long) submissionEntries * SubmissionQueue.ENTRY_BYTES)
                || !memory.contains(acq, (long) completionEntries * CompletionQueue.ENTRY_BYTES)) {
            context.logger()
                    .log(
                            System.Logger.Level.WARNING,
                            "the guest enables the controller with CC 0x{0}, AQA 0x{1}, ASQ 0x{2}, ACQ 0x{3}: it cannot work so",
                            Integer.toHexString(cc),
                            Integer.toHexString(aqa),
                            Long.toHexString(asq),
                            Long.toHexString(acq));
            csts = Layout.CSTS_CFS;
            return;
        }
        csts = Layout.CSTS_RDY;
        CompletionQueue answers = new CompletionQueue(0, acq, completionEntries, 0, true);
        queueSet.add(answers);
        queueSet.add(new SubmissionQueue(0, asq, submissionEntries, answers));
    }

    /** Nothing is in flight: what has waited for that happens. The monitor is held. */
    private void settle() {
        if (inFlight > 0) {
            return;
        }
        if (resetting) {
            forget();
            if ((cc & Layout.CC_EN) != 0) {
                enable();
            }
        } else if (shuttingDown && !held) {
            shuttingDown = false;
            inFlight++;
            context.executor().execute(this::flushLast);
        }
        notifyAll();
    }

    /** What a controller reset forgets (7.3.2). */
    private void forget() {
        queueSet.clear();
        features.forget();
        events.forget();
        interruptMask = 0;
        csts = 0;
        resetting = false;
        shuttingDown = false;
    }

    private void flushLast() {
        try {
            namespace.flush();
        } catch (StorageException e) {
            context.logger()
                    .log(System.Logger.Level.WARNING, "the flush of the guest''s shutdown failed: {0}", e.getMessage());
        } finally {
            synchronized (this) {
                csts = csts & ~Layout.CSTS_SHST | Layout.CSTS_SHST_DONE;
                inFlight--;
                settle();
            }
        }
    }

    private boolean works() {
        return (csts & (Layout.CSTS_RDY | Layout.CSTS_SHST)) == Layout.CSTS_RDY && !resetting && !held;
    }

    // Doorbells. vCPU threads.

    /** The guest has put commands into a queue. */
    void submitted(int id, int tail) {
        boolean tell = false;
        synchronized (this) {
            SubmissionQueue queue = queueSet.submissions(id);
            if (works()) {
                if (queue == null || queue.deletion != null) {
                    events.invalidDoorbell();
                    tell = administration.tellEvents();
                } else if (!queue.advance(tail)) {
                    events.invalidDoorbellValue();
                    tell = administration.tellEvents();
                } else {
                    schedule(queue);
                }
            }
        }
        administration.signal(tell);
    }

    /** The guest has taken completions out of a queue. */
    void consumed(int id, int head) {
        boolean tell = false;
        boolean pin = false;
        synchronized (this) {
            CompletionQueue queue = queueSet.completions(id);
            if (works()) {
                if (queue == null) {
                    events.invalidDoorbell();
                } else if (!queue.consume(head)) {
                    events.invalidDoorbellValue();
                } else {
                    pin = queue.interrupts;
                    goOn(queue);
                }
                tell = administration.tellEvents();
            }
        }
        if (pin && !interrupts.messagesEnabled()) {
            interrupts.follow();
        }
        administration.signal(tell);
    }

    /** There is room again: those that answer there go on. */
    private void goOn(CompletionQueue queue) {
        for (int id = 0; id <= queues; id++) {
            SubmissionQueue each = queueSet.submissions(id);
            if (each != null && each.completions == queue) {
                schedule(each);
            }
        }
    }

    private void schedule(SubmissionQueue queue) {
        if (!queue.scheduled && isFetchable(queue)) {
            queue.scheduled = true;
            context.executor().execute(() -> fetch(queue));
        }
    }

    private boolean isFetchable(SubmissionQueue queue) {
        return works()
                && queueSet.submissions(queue.id) == queue
                && queue.deletion == null
                && !queue.isEmpty()
                && queue.completions.hasRoom();
    }

    private synchronized boolean asserts() {
        return works() && (interruptMask & 1) == 0 && queueSet.wantsInterrupt();
    }

    // Commands in flight. Threads of the part.

    private void fetch(SubmissionQueue queue) {
        Command command = next(queue);
        while (command != null) {
            if (queue.id == 0) {
                // One after the other: the queue stays scheduled meanwhile.
                carryOut(command);
                command = next(queue);
            } else {
                command = handOver(command, next(queue));
            }
        }
    }

    /** The last command of an I/O queue is carried out here, those before it on other threads. */
    private @Nullable Command handOver(Command command, @Nullable Command following) {
        if (following == null) {
            carryOut(command);
        } else {
            context.executor().execute(() -> carryOut(command));
        }
        return following;
    }

    private synchronized @Nullable Command next(SubmissionQueue queue) {
        if (!isFetchable(queue)) {
            queue.scheduled = false;
            return null;
        }
        Command command = queue.fetch(memory);
        queue.completions.reserved++;
        queue.inFlight++;
        inFlight++;
        return command;
    }

    private void carryOut(Command command) {
        // Of a part that throws nothing is known.
        int status = Status.INTERNAL_ERROR;
        try {
            if (command.conflicts) {
                status = Status.IDENTIFIER_CONFLICT;
            } else if (command.usesWhatIsNotOffered()) {
                status = Status.INVALID_FIELD;
            } else {
                status = command.queue.id == 0 ? admin.carryOut(command) : namespace.carryOut(command);
            }
        } finally {
            if (status != Status.PENDING) {
                complete(command, status);
            }
        }
    }

    private void complete(Command command, int status) {
        Command done = command;
        int how = status;
        while (done != null) {
            if (answer(done, how)) {
                interrupts.signal(done.queue.completions);
            }
            done = leave(done);
            how = Status.SUCCESS;
        }
    }

    /** Puts the answer into its queue; nowhere while a reset waits. Returns whether it did. */
    private synchronized boolean answer(Command command, int status) {
        SubmissionQueue queue = command.queue;
        queue.completions.reserved--;
        if (!command.conflicts) {
            queue.release(command.identifier());
        }
        if (!answers()) {
            return false;
        }
        queue.completions.post(memory, queue, command.identifier(), status, command.result);
        if (status != Status.SUCCESS) {
            events.failed(command, status);
        }
        return true;
    }

    /** Whether the guest is answered: not while a reset waits. The monitor is held. */
    boolean answers() {
        return (csts & Layout.CSTS_RDY) != 0 && !resetting;
    }

    /** A command is in flight no more, and the guest has heard of it. Returns the deletion that has waited for it, if one did. */
    synchronized @Nullable Command leave(Command command) {
        SubmissionQueue queue = command.queue;
        queue.recycle(command);
        queue.inFlight--;
        inFlight--;
        Command deletion = queue.inFlight == 0 ? queue.deletion : null;
        if (deletion != null) {
            queueSet.remove(queue);
        }
        settle();
        return deletion;
    }

    private synchronized boolean hasWriteCache() {
        return features.writeCache();
    }

    // The part's life.

    synchronized void quiesce(Deadline deadline) throws InterruptedException {
        held = true;
        while (inFlight > 0) {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline.remainingNanos()));
            if (inFlight > 0 && deadline.passed()) {
                throw new IllegalStateException(inFlight + " commands are not answered by the disk");
            }
        }
    }

    /** The disk runs now: its size may have changed. */
    void resume() {
        long known = namespace.capacityBlocks();
        long now = namespace.blocksOfDisk();
        namespace.capacityBlocks(now);
        boolean tell;
        synchronized (this) {
            held = false;
            if (known != 0 && known != now) {
                events.namespaceChanged(features.events());
            }
            tell = administration.tellEvents();
            settle();
            for (int id = 0; id <= queues; id++) {
                SubmissionQueue queue = queueSet.submissions(id);
                if (queue != null) {
                    schedule(queue);
                }
            }
        }
        interrupts.follow();
        administration.signal(tell);
    }

    /** Power-on. Called at rest. */
    synchronized void reset() {
        forget();
        cc = 0;
        aqa = 0;
        asq = 0;
        acq = 0;
        counters.forget();
        namespace.capacityBlocks(0);
    }

    synchronized void close() {
        held = true;
    }

    // State.

    synchronized NvmeState save() {
        return new NvmeState(
                namespace.capacityBlocks(),
                cc,
                csts,
                interruptMask,
                aqa,
                asq,
                acq,
                queueSet.saveSubmissions(),
                queueSet.saveCompletions(),
                features.save(),
                events.save(),
                counters.save());
    }

    synchronized void restore(NvmeState state) throws StateException {
        namespace.capacityBlocks(state.capacityBlocks());
        cc = state.cc() & Layout.CC_BITS;
        csts = state.csts() & (Layout.CSTS_RDY | Layout.CSTS_CFS | Layout.CSTS_SHST);
        shuttingDown = (csts & Layout.CSTS_SHST) == Layout.CSTS_SHST_BUSY;
        interruptMask = state.interruptMask();
        aqa = state.aqa() & Layout.AQA_BITS;
        asq = state.asq() & -Layout.PAGE_BYTES;
        acq = state.acq() & -Layout.PAGE_BYTES;
        features.restore(state.features());
        events.restore(state.events());
        counters.restore(state.counters());
        queueSet.restore(state.submissions(), state.completions());
        restoreAdmin();
    }

    private void restoreAdmin() throws StateException {
        SubmissionQueue queue = queueSet.submissions(0);
        if (queue == null) {
            if ((csts & Layout.CSTS_RDY) != 0) {
                throw new StateException("the controller is ready and has no admin queue");
            }
            return;
        }
        for (int identifier : events.waiting()) {
            queue.take(identifier);
        }
    }
}
