package dev.backplane.device.nvme.internal;

import dev.backplane.api.state.StateException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Asynchronous events (NVMe 1.4, 5.2): what is to be told, and the commands that wait for it. An event that was told silences its type
 * until the guest reads the log page that belongs to it, so that a guest cannot be flooded. The controller's monitor guards it.
 */
final class Events {
    /** Commands that may wait; Identify tells one less (AERL). */
    static final int MOST_WAITING = 4;

    /** A changed namespace is told to those who ask for it. */
    static final int NAMESPACE_CHANGED = 1 << 8;

    /** The bits of the feature: health warnings and changed namespaces. */
    static final int CONFIGURABLE = 0xff | NAMESPACE_CHANGED;

    static final int ERROR_BYTES = 64;

    private static final int ERROR = 0;
    private static final int HEALTH = 1;
    private static final int NOTICE = 2;
    private static final int TYPES = 3;
    private static final int NONE = -1;

    private static final int INVALID_DOORBELL_REGISTER = 0;
    private static final int INVALID_DOORBELL_VALUE = 1;
    private static final int TEMPERATURE = 1;
    private static final int TEMPERATURE_WARNING = 1 << 1;

    private static final int ERROR_SUBMISSION = 8;
    private static final int NO_COMMAND = 0xffff;

    private final int[] waiting = new int[MOST_WAITING];
    private int waiters;
    private final int[] pending = new int[TYPES];
    private int silenced;
    private boolean namespaceChanged;
    private final byte[] error = new byte[ERROR_BYTES];
    private long errors;

    Events() {
        Arrays.fill(pending, NONE);
    }

    void forget() {
        waiters = 0;
        Arrays.fill(pending, NONE);
        silenced = 0;
        namespaceChanged = false;
        Arrays.fill(error, (byte) 0);
        errors = 0;
    }

    /** Has a command wait. Returns a status. */
    int await(int identifier) {
        if (waiters == MOST_WAITING) {
            return Status.EVENT_LIMIT_EXCEEDED;
        }
        waiting[waiters++] = identifier;
        return Status.PENDING;
    }

    /** Has a command wait no more. Returns whether it did. */
    boolean abort(int identifier) {
        for (int i = 0; i < waiters; i++) {
            if (waiting[i] == identifier) {
                waiters--;
                System.arraycopy(waiting, i + 1, waiting, i, waiters - i);
                return true;
            }
        }
        return false;
    }

    /** Whether {@link #take} has something. */
    boolean isDue() {
        return waiters > 0 && dueType() >= 0;
    }

    private int dueType() {
        for (int type = 0; type < TYPES; type++) {
            if (pending[type] != NONE && (silenced & 1 << type) == 0) {
                return type;
            }
        }
        return -1;
    }

    /** The next event; the oldest command that waits goes with it. Only while one is due. */
    Told take() {
        int type = dueType();
        Told told = new Told(waiting[0], pending[type]);
        pending[type] = NONE;
        silenced |= 1 << type;
        waiters--;
        System.arraycopy(waiting, 1, waiting, 0, waiters);
        return told;
    }

    /**
     * An event on its way.
     *
     * @param identifier the command's that waited for it
     * @param result what it is, as the completion tells
     */
    record Told(int identifier, int result) {}

    /** The guest has rung where no bell is. */
    void invalidDoorbell() {
        doorbell(INVALID_DOORBELL_REGISTER);
    }

    /** A queue's bell was rung with a value that makes no sense. */
    void invalidDoorbellValue() {
        doorbell(INVALID_DOORBELL_VALUE);
    }

    private void doorbell(int what) {
        error(NO_COMMAND, NO_COMMAND, Status.SUCCESS, 0, 0);
        occurs(ERROR, what, LogPages.ERRORS);
    }

    /** A command has failed: for the log page alone, since its completion has told the guest. */
    void failed(Command command, int status) {
        error(command.queue.id, command.identifier(), status, command.firstBlock(), command.namespace);
    }

    private void error(int queue, int identifier, int status, long block, int namespace) {
        errors++;
        ByteBuffer.wrap(error)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(0, errors)
                .putShort(ERROR_SUBMISSION, (short) queue)
                .putShort(10, (short) identifier)
                .putShort(12, (short) (status << 1))
                // Where in the command the error is: nowhere in particular.
                .putShort(14, (short) 0xffff)
                .putLong(16, block)
                .putInt(24, namespace);
    }

    /** The last error as the log page has it (5.14.1.1). */
    byte[] error() {
        return error.clone();
    }

    long errors() {
        return errors;
    }

    /** The temperature is beyond what the guest has set. */
    void temperature(int wanted) {
        if ((wanted & TEMPERATURE_WARNING) != 0) {
            occurs(HEALTH, TEMPERATURE, LogPages.HEALTH);
        }
    }

    /** The namespace has another capacity. */
    void namespaceChanged(int wanted) {
        if ((wanted & NAMESPACE_CHANGED) != 0) {
            namespaceChanged = true;
            occurs(NOTICE, 0, LogPages.CHANGED_NAMESPACES);
        }
    }

    boolean hasNamespaceChanged() {
        return namespaceChanged;
    }

    private void occurs(int type, int what, int logPage) {
        pending[type] = type | what << 8 | logPage << 16;
    }

    /** The guest has read a log page and does not want its events kept silent. */
    void logRead(int logPage) {
        int type = switch (logPage) {
            case LogPages.ERRORS -> ERROR;
            case LogPages.HEALTH -> HEALTH;
            case LogPages.CHANGED_NAMESPACES -> NOTICE;
            default -> NONE;
        };
        if (type != NONE) {
            silenced &= ~(1 << type);
        }
        if (type == NOTICE) {
            namespaceChanged = false;
        }
    }

    /** The identifiers of the commands that wait. */
    int[] waiting() {
        return Arrays.copyOf(waiting, waiters);
    }

    NvmeState.Events save() {
        return new NvmeState.Events(longs(waiting()), longs(pending), silenced, namespaceChanged, errors, error());
    }

    private static long[] longs(int[] from) {
        return Arrays.stream(from).asLongStream().toArray();
    }

    void restore(NvmeState.Events state) throws StateException {
        if (state.waiting().length > MOST_WAITING
                || state.pending().length != TYPES
                || state.error().length != ERROR_BYTES) {
            throw new StateException("%d commands wait for events of %d types; an error of %d bytes"
                    .formatted(state.waiting().length, state.pending().length, state.error().length));
        }
        waiters = state.waiting().length;
        for (int i = 0; i < waiters; i++) {
            waiting[i] = (int) state.waiting()[i] & 0xffff;
        }
        for (int type = 0; type < TYPES; type++) {
            pending[type] = (int) state.pending()[type];
        }
        silenced = state.silenced() & (1 << TYPES) - 1;
        namespaceChanged = state.namespaceChanged();
        errors = state.errors();
        System.arraycopy(state.error(), 0, error, 0, ERROR_BYTES);
    }
}
