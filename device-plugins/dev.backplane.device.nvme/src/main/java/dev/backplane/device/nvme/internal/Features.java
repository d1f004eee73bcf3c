package dev.backplane.device.nvme.internal;

import dev.backplane.api.state.StateException;
import java.util.Arrays;
import java.util.BitSet;

/**
 * What Set Features changes and Get Features tells (NVMe 1.4, 5.14, 5.21), and a controller reset forgets. Arbitration, error recovery
 * and coalescing are kept and change nothing: queues are served as their doorbells come, and each completion interrupts at once. The
 * controller's monitor guards it.
 */
final class Features {
    private static final int ARBITRATION = 0x01;
    private static final int POWER_MANAGEMENT = 0x02;
    private static final int TEMPERATURE_THRESHOLD = 0x04;
    private static final int ERROR_RECOVERY = 0x05;
    private static final int WRITE_CACHE = 0x06;
    private static final int NUMBER_OF_QUEUES = 0x07;
    private static final int INTERRUPT_COALESCING = 0x08;
    private static final int INTERRUPT_VECTOR = 0x09;
    private static final int WRITE_ATOMICITY = 0x0a;
    private static final int EVENTS = 0x0b;
    /** The other threshold, which has no number of its own. */
    private static final int UNDER_THRESHOLD = 0x0c;

    private static final int VALUES = 0x0d;

    /** The bits of each that the guest may set. */
    private static final int[] BITS = new int[VALUES];

    static {
        BITS[ARBITRATION] = 0xffff_ff07;
        BITS[TEMPERATURE_THRESHOLD] = 0xffff;
        BITS[ERROR_RECOVERY] = 0xffff;
        BITS[WRITE_CACHE] = 1;
        BITS[NUMBER_OF_QUEUES] = -1;
        BITS[INTERRUPT_COALESCING] = 0xffff;
        BITS[WRITE_ATOMICITY] = 1;
        BITS[EVENTS] = Events.CONFIGURABLE;
        BITS[UNDER_THRESHOLD] = 0xffff;
    }

    private static final int SELECT = 7 << 8;
    private static final int NO_THRESHOLD = 0xffff;
    private static final int ALL_SENSORS = 0xf;
    private static final int COALESCING_DISABLED = 1 << 16;

    private final int queues;
    private final int[] values = new int[VALUES];
    private final BitSet uncoalesced = new BitSet();

    /** @param queues pairs of I/O queues */
    Features(int queues) {
        this.queues = queues;
        forget();
    }

    void forget() {
        Arrays.fill(values, 0);
        uncoalesced.clear();
        values[TEMPERATURE_THRESHOLD] = NO_THRESHOLD;
        values[WRITE_CACHE] = 1;
        values[NUMBER_OF_QUEUES] = queues - 1 | queues - 1 << 16;
    }

    /** The highest identifier of an I/O submission queue. */
    int submissionQueues() {
        return (values[NUMBER_OF_QUEUES] & 0xffff) + 1;
    }

    /** The highest identifier of an I/O completion queue. */
    int completionQueues() {
        return (values[NUMBER_OF_QUEUES] >>> 16) + 1;
    }

    boolean writeCache() {
        return values[WRITE_CACHE] != 0;
    }

    /** The events that the guest wants to hear of. */
    int events() {
        return values[EVENTS];
    }

    /** Whether a temperature, in kelvins, is beyond what the guest finds right. */
    boolean isBeyondThreshold(int temperature) {
        return temperature >= values[TEMPERATURE_THRESHOLD] || temperature <= values[UNDER_THRESHOLD];
    }

    /** Whether a command may have changed what the guest is to hear of the temperature. */
    static boolean isAboutTemperature(Command command) {
        int feature = command.dword10 & 0xff;
        return feature == TEMPERATURE_THRESHOLD || feature == EVENTS;
    }

    /**
     * Set Features.
     *
     * @param queuesExist whether the guest has made an I/O queue
     * @return a status
     */
    int set(Command command, boolean queuesExist) {
        int feature = command.dword10 & 0xff;
        int value = command.dword11;
        if (command.dword10 < 0) {
            // The save bit.
            return Status.NOT_SAVEABLE;
        }
        return switch (feature) {
            case ARBITRATION, ERROR_RECOVERY, WRITE_CACHE, INTERRUPT_COALESCING, WRITE_ATOMICITY, EVENTS -> {
                values[feature] = value & BITS[feature];
                yield Status.SUCCESS;
            }
            // There is one power state.
            case POWER_MANAGEMENT -> (value & 0x1f) == 0 ? Status.SUCCESS : Status.INVALID_FIELD;
            case TEMPERATURE_THRESHOLD -> {
                int threshold = threshold(value);
                if (threshold < 0) {
                    yield Status.INVALID_FIELD;
                }
                values[threshold] = value & 0xffff;
                yield Status.SUCCESS;
            }
            case NUMBER_OF_QUEUES -> {
                if (queuesExist) {
                    yield Status.SEQUENCE_ERROR;
                }
                int submissions = value & 0xffff;
                int completions = value >>> 16;
                if (submissions == 0xffff || completions == 0xffff) {
                    yield Status.INVALID_FIELD;
                }
                values[feature] = Math.min(submissions, queues - 1) | Math.min(completions, queues - 1) << 16;
                command.result = values[feature];
                yield Status.SUCCESS;
            }
            case INTERRUPT_VECTOR -> {
                int vector = value & 0xffff;
                if (vector > queues) {
                    yield Status.INVALID_FIELD;
                }
                uncoalesced.set(vector, (value & COALESCING_DISABLED) != 0);
                yield Status.SUCCESS;
            }
            default -> Status.INVALID_FIELD;
        };
    }

    /** Get Features: the current values, which is all that there are. Returns a status. */
    int get(Command command) {
        int feature = command.dword10 & 0xff;
        if ((command.dword10 & SELECT) != 0) {
            return Status.INVALID_FIELD;
        }
        switch (feature) {
            case ARBITRATION,
                    POWER_MANAGEMENT,
                    ERROR_RECOVERY,
                    WRITE_CACHE,
                    NUMBER_OF_QUEUES,
                    INTERRUPT_COALESCING,
                    WRITE_ATOMICITY,
                    EVENTS -> command.result = values[feature];
            case TEMPERATURE_THRESHOLD -> {
                int threshold = threshold(command.dword11);
                if (threshold < 0) {
                    return Status.INVALID_FIELD;
                }
                command.result = values[threshold];
            }
            case INTERRUPT_VECTOR -> {
                int vector = command.dword11 & 0xffff;
                if (vector > queues) {
                    return Status.INVALID_FIELD;
                }
                command.result = vector | (uncoalesced.get(vector) ? COALESCING_DISABLED : 0);
            }
            default -> {
                return Status.INVALID_FIELD;
            }
        }
        return Status.SUCCESS;
    }

    /** Which threshold is meant (5.21.1.4): there is one sensor, the composite one. */
    private static int threshold(int value) {
        int sensor = value >>> 16 & 0xf;
        if (sensor != 0 && sensor != ALL_SENSORS) {
            return -1;
        }
        return switch (value >>> 20 & 3) {
            case 0 -> TEMPERATURE_THRESHOLD;
            case 1 -> UNDER_THRESHOLD;
            default -> -1;
        };
    }

    long[] save() {
        long[] vectors = uncoalesced.toLongArray();
        long[] saved = new long[VALUES + vectors.length];
        for (int i = 0; i < VALUES; i++) {
            saved[i] = values[i];
        }
        System.arraycopy(vectors, 0, saved, VALUES, vectors.length);
        return saved;
    }

    void restore(long[] saved) throws StateException {
        if (saved.length < VALUES) {
            throw new StateException("%d feature values, expected %d at least".formatted(saved.length, VALUES));
        }
        for (int i = 0; i < VALUES; i++) {
            values[i] = (int) saved[i] & BITS[i];
        }
        if (submissionQueues() > queues || completionQueues() > queues) {
            throw new StateException("the guest uses up to %d and %d queues, the controller has %d"
                    .formatted(submissionQueues(), completionQueues(), queues));
        }
        uncoalesced.clear();
        uncoalesced.or(BitSet.valueOf(Arrays.copyOfRange(saved, VALUES, saved.length)));
        uncoalesced.clear(queues + 1, Math.max(queues + 1, uncoalesced.length()));
    }
}
