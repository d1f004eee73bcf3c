package dev.backplane.device.nvme.internal;

import dev.backplane.api.memory.GuestMemory;
import java.util.Optional;

/**
 * What the admin queue's commands change, queues and features, and the events that the guest has asked to be told. The controller's
 * monitor guards all of it, and is not held while the guest is interrupted.
 */
final class Administration {
    private final Controller controller;
    private final GuestMemory memory;
    private final Interrupts interrupts;
    private final QueueSet queueSet;
    private final int queues;
    private final Features features;
    private final Events events;
    private final Counters counters;

    /** @param queues how many of each kind there may be, without the admin queue */
    Administration(
            Controller controller,
            GuestMemory memory,
            Interrupts interrupts,
            QueueSet queueSet,
            int queues,
            Features features,
            Events events,
            Counters counters) {
        this.controller = controller;
        this.memory = memory;
        this.interrupts = interrupts;
        this.queueSet = queueSet;
        this.queues = queues;
        this.features = features;
        this.events = events;
        this.counters = counters;
    }

    /** Makes a completion queue, which is in RAM as a whole. Returns a status. */
    int create(CompletionQueue queue) {
        int vectors = interrupts.messagesEnabled() ? queues + 1 : 1;
        synchronized (controller) {
            int entryBytesLog = controller.configuration() >>> Layout.CC_IOCQES_SHIFT & 15;
            return queueSet.create(queue, features.completionQueues(), entryBytesLog, vectors);
        }
    }

    /** Makes a submission queue, which is in RAM as a whole. Returns a status. */
    int createSubmissions(int id, long base, int entries, int completion) {
        synchronized (controller) {
            int entryBytesLog = controller.configuration() >>> Layout.CC_IOSQES_SHIFT & 15;
            return queueSet.createSubmissions(
                    id, base, entries, completion, features.submissionQueues(), entryBytesLog);
        }
    }

    /** Deletes a submission queue once what is in flight is answered; what was not fetched is gone. Returns a status. */
    int deleteSubmissions(Command command) {
        int id = command.dword10 & 0xffff;
        synchronized (controller) {
            SubmissionQueue queue = queueSet.submissions(id);
            if (id == 0 || queue == null || queue.deletion != null) {
                return Status.INVALID_QUEUE_IDENTIFIER;
            }
            if (queue.inFlight > 0) {
                queue.deletion = command;
                return Status.PENDING;
            }
            queueSet.remove(queue);
            return Status.SUCCESS;
        }
    }

    int deleteCompletions(int id) {
        int status;
        synchronized (controller) {
            status = queueSet.deleteCompletions(id);
        }
        interrupts.follow();
        return status;
    }

    int setFeatures(Command command) {
        boolean tell;
        int status;
        synchronized (controller) {
            status = features.set(command, queueSet.hasSome());
            if (Features.isAboutTemperature(command) && features.isBeyondThreshold(LogPages.TEMPERATURE)) {
                events.temperature(features.events());
            }
            tell = tellEvents();
        }
        signal(tell);
        return status;
    }

    int getFeatures(Command command) {
        synchronized (controller) {
            return features.get(command);
        }
    }

    Optional<byte[]> logPage(int number) {
        synchronized (controller) {
            return LogPages.page(number, events, features, counters);
        }
    }

    void logRead(int number) {
        boolean tell;
        synchronized (controller) {
            events.logRead(number);
            tell = tellEvents();
        }
        signal(tell);
    }

    /** The command waits for an event: it is in flight no more, but its identifier is taken. Returns a status. */
    int awaitEvent(Command command) {
        boolean tell;
        synchronized (controller) {
            int status = events.await(command.identifier());
            if (status != Status.PENDING) {
                return status;
            }
            command.queue.completions.reserved--;
            tell = tellEvents();
        }
        signal(tell);
        controller.leave(command);
        return Status.PENDING;
    }

    /** Has a command come back that waits for an event. Returns whether it was there. */
    boolean abort(int queueId, int identifier) {
        synchronized (controller) {
            SubmissionQueue queue = queueSet.submissions(0);
            if (queueId != 0 || queue == null || !queue.completions.hasRoom() || !events.abort(identifier)) {
                return false;
            }
            queue.release(identifier);
            if (controller.answers()) {
                queue.completions.post(memory, queue, identifier, Status.ABORT_REQUESTED, 0);
            }
        }
        signal(true);
        return true;
    }

    /** Puts what is to be told into the admin queue. Returns whether there was something. The monitor is held. */
    boolean tellEvents() {
        SubmissionQueue queue = queueSet.submissions(0);
        boolean told = false;
        while (queue != null && controller.answers() && events.isDue() && queue.completions.hasRoom()) {
            Events.Told next = events.take();
            queue.release(next.identifier());
            queue.completions.post(memory, queue, next.identifier(), Status.SUCCESS, next.result());
            told = true;
        }
        return told;
    }

    /** Interrupts the guest where it was told something. The monitor is not held. */
    void signal(boolean told) {
        CompletionQueue queue;
        synchronized (controller) {
            queue = queueSet.completions(0);
        }
        if (told && queue != null) {
            interrupts.signal(queue);
        }
    }
}
