package dev.backplane.device.nvme.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;

/** What Identify tells (NVMe 1.4, 5.15). */
final class Identity {
    static final int VENDOR = 0x1b36;

    private static final int BYTES = 4096;

    private static final int NAMESPACE_DATA = 0x00;
    private static final int CONTROLLER_DATA = 0x01;
    private static final int ACTIVE_NAMESPACES = 0x02;
    private static final int NAMESPACE_IDENTIFIERS = 0x03;

    static final int SERIAL_CHARACTERS = 20;
    private static final int MODEL_CHARACTERS = 40;
    private static final String MODEL = "Backplane NVMe disk";

    private static final int IO_CONTROLLER = 1;
    /** How long drivers are to wait for a shutdown, whose flush takes what it takes. */
    private static final int SHUTDOWN_MICROSECONDS = 60_000_000;
    /** In kelvins: what is recommended where nothing else is known (5.15.2.2, WCTEMP). */
    private static final int WARM = 0x157;

    private static final int NAMESPACE_NOTICES = 1 << 8;
    /** One slot that cannot be written. */
    private static final int FIRMWARE_SLOTS = 1 << 1 | 1;

    private static final int EFFECTS_LOG = 1 << 1;
    private static final int LONG_LOG_OFFSETS = 1 << 2;
    private static final int DATASET_MANAGEMENT = 1 << 2;
    private static final int WRITE_ZEROES = 1 << 3;
    /** There is a write cache, and Flush takes all namespaces. */
    private static final int WRITE_CACHE = 1 | 3 << 1;

    private static final int ABORTS_AT_ONCE = 4;

    /** Zeros are written by giving up the space where the guest says so; what is given up reads as zeros then. */
    private static final int DEALLOCATION = 1 | 1 << 3;

    private static final int WRITE_PROTECTED = 1;
    private static final int UUID_IDENTIFIER = 3;
    private static final int UUID_BYTES = 16;

    private final NvmeOptions options;
    private final String vm;
    private final String id;

    /**
     * An identity that is the same whenever the machine runs.
     *
     * @param vm the machine's name
     * @param id the device's
     */
    Identity(NvmeOptions options, String vm, String id) {
        this.options = options;
        this.vm = vm;
        this.id = id;
    }

    /** Whether a structure is about one namespace, which has to exist then. */
    static boolean isAboutNamespace(int structure) {
        return structure == NAMESPACE_DATA || structure == NAMESPACE_IDENTIFIERS;
    }

    /** Whether a structure lists the namespaces beyond one. */
    static boolean isNamespaceList(int structure) {
        return structure == ACTIVE_NAMESPACES;
    }

    /**
     * A structure.
     *
     * @param structure its number (CNS)
     * @param namespace from the command
     * @param capacityBlocks the capacity of the namespace
     * @return 4096 bytes; nothing where there is no such structure
     */
    Optional<byte[]> structure(int structure, int namespace, long capacityBlocks) {
        return switch (structure) {
            case NAMESPACE_DATA -> Optional.of(namespace(capacityBlocks));
            case CONTROLLER_DATA -> Optional.of(controller());
            case ACTIVE_NAMESPACES ->
                Optional.of(little().putInt(0, namespace == 0 ? Layout.NAMESPACE : 0)
                        .array());
            case NAMESPACE_IDENTIFIERS -> Optional.of(identifiers());
            default -> Optional.empty();
        };
    }

    private static ByteBuffer little() {
        return ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] text(String text, int characters) {
        String padded = text + " ".repeat(Math.max(0, characters - text.length()));
        return padded.substring(0, characters).getBytes(StandardCharsets.US_ASCII);
    }

    private byte[] controller() {
        int entrySizes = Layout.SUBMISSION_BYTES_LOG | Layout.SUBMISSION_BYTES_LOG << 4;
        int completionSizes = Layout.COMPLETION_BYTES_LOG | Layout.COMPLETION_BYTES_LOG << 4;
        return little().putShort(0, (short) VENDOR)
                .putShort(2, (short) VENDOR)
                .put(4, text(options.serial().orElse(id), SERIAL_CHARACTERS))
                .put(24, text(MODEL, MODEL_CHARACTERS))
                .put(64, LogPages.FIRMWARE_REVISION.getBytes(StandardCharsets.US_ASCII))
                .put(77, (byte) Layout.MDTS)
                .putInt(80, Layout.VERSION_1_4)
                .putInt(88, SHUTDOWN_MICROSECONDS)
                .putInt(92, NAMESPACE_NOTICES)
                .put(111, (byte) IO_CONTROLLER)
                .put(258, (byte) (ABORTS_AT_ONCE - 1))
                .put(259, (byte) (Events.MOST_WAITING - 1))
                .put(260, (byte) FIRMWARE_SLOTS)
                .put(261, (byte) (EFFECTS_LOG | LONG_LOG_OFFSETS))
                .putShort(266, (short) WARM)
                .put(512, (byte) entrySizes)
                .put(513, (byte) completionSizes)
                .putInt(516, Layout.NAMESPACE)
                .putShort(520, (short) (DATASET_MANAGEMENT | WRITE_ZEROES))
                .put(525, (byte) WRITE_CACHE)
                .put(768, name().getBytes(StandardCharsets.UTF_8))
                .array();
    }

    /** The subsystem's qualified name (7.9), unique in the machine. */
    private String name() {
        return "nqn.2026-01.dev.backplane:%s:%s".formatted(vm, id);
    }

    private byte[] namespace(long capacityBlocks) {
        int format = Integer.numberOfTrailingZeros(options.blockBytes()) << 16;
        return little().putLong(0, capacityBlocks)
                .putLong(8, capacityBlocks)
                .putLong(16, capacityBlocks)
                .put(33, (byte) DEALLOCATION)
                .put(99, (byte) (options.readOnly() ? WRITE_PROTECTED : 0))
                .putInt(128, format)
                .array();
    }

    private byte[] identifiers() {
        UUID uuid = UUID.nameUUIDFromBytes(name().getBytes(StandardCharsets.UTF_8));
        return little().put(0, (byte) UUID_IDENTIFIER)
                .put(1, (byte) UUID_BYTES)
                .order(ByteOrder.BIG_ENDIAN)
                .putLong(4, uuid.getMostSignificantBits())
                .putLong(12, uuid.getLeastSignificantBits())
                .array();
    }
}
