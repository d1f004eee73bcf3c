package dev.backplane.device.nvme.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** What Get Log Page tells (NVMe 1.4, 5.14.1). */
final class LogPages {
    static final int ERRORS = 0x01;
    static final int HEALTH = 0x02;
    static final int FIRMWARE = 0x03;
    static final int CHANGED_NAMESPACES = 0x04;
    static final int EFFECTS = 0x05;

    static final String FIRMWARE_REVISION = "1       ";

    /** In kelvins; nothing here gets warm. */
    static final int TEMPERATURE = 300;

    private static final int HEALTH_BYTES = 512;
    private static final int FIRMWARE_BYTES = 512;
    private static final int PAGE = 4096;

    private static final int TEMPERATURE_WARNING = 1 << 1;
    private static final int SPARE_PERCENT = 100;
    private static final int SPARE_THRESHOLD_PERCENT = 10;
    private static final int UNIT_BYTES = 512_000;

    private static final int SUPPORTED = 1;
    private static final int CHANGES_BLOCKS = 1 << 1;
    private static final int IO_COMMANDS = 1024;

    private static final int[] ADMIN = {
        Opcode.DELETE_SUBMISSION_QUEUE,
        Opcode.CREATE_SUBMISSION_QUEUE,
        Opcode.GET_LOG_PAGE,
        Opcode.DELETE_COMPLETION_QUEUE,
        Opcode.CREATE_COMPLETION_QUEUE,
        Opcode.IDENTIFY,
        Opcode.ABORT,
        Opcode.SET_FEATURES,
        Opcode.GET_FEATURES,
        Opcode.ASYNCHRONOUS_EVENT_REQUEST
    };

    private LogPages() {}

    /** A page whole; nothing where there is none of that number. The controller's monitor is held. */
    static Optional<byte[]> page(int number, Events events, Features features, Counters counters) {
        return switch (number) {
            case ERRORS -> Optional.of(events.error());
            case HEALTH -> Optional.of(health(events, features, counters.save()));
            case FIRMWARE -> Optional.of(firmware());
            case CHANGED_NAMESPACES -> Optional.of(changed(events.hasNamespaceChanged()));
            case EFFECTS -> Optional.of(effects());
            default -> Optional.empty();
        };
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] health(Events events, Features features, long[] counted) {
        return little(HEALTH_BYTES)
                .put(0, (byte) (features.isBeyondThreshold(TEMPERATURE) ? TEMPERATURE_WARNING : 0))
                .putShort(1, (short) TEMPERATURE)
                .put(3, (byte) SPARE_PERCENT)
                .put(4, (byte) SPARE_THRESHOLD_PERCENT)
                .putLong(32, units(counted[0]))
                .putLong(48, units(counted[1]))
                .putLong(64, counted[2])
                .putLong(80, counted[3])
                .putLong(176, events.errors())
                .array();
    }

    /** Thousands of 512 bytes, rounded up. */
    private static long units(long bytes) {
        return bytes / UNIT_BYTES + (bytes % UNIT_BYTES == 0 ? 0 : 1);
    }

    /** One slot, the first, which runs. */
    private static byte[] firmware() {
        return little(FIRMWARE_BYTES)
                .put(0, (byte) 1)
                .put(8, FIRMWARE_REVISION.getBytes(StandardCharsets.US_ASCII))
                .array();
    }

    private static byte[] changed(boolean namespace) {
        return little(PAGE).putInt(0, namespace ? Layout.NAMESPACE : 0).array();
    }

    private static byte[] effects() {
        ByteBuffer page = little(PAGE);
        for (int opcode : ADMIN) {
            page.putInt(4 * opcode, SUPPORTED);
        }
        page.putInt(IO_COMMANDS + 4 * Opcode.FLUSH, SUPPORTED);
        page.putInt(IO_COMMANDS + 4 * Opcode.READ, SUPPORTED);
        for (int opcode : new int[] {Opcode.WRITE, Opcode.WRITE_ZEROES, Opcode.DATASET_MANAGEMENT}) {
            page.putInt(IO_COMMANDS + 4 * opcode, SUPPORTED | CHANGES_BLOCKS);
        }
        return page.array();
    }
}
