package dev.backplane.device.nvme.internal;

/** What a command comes back with (NVMe 1.4, 4.6.1): status code in bits 0 to 7, its type from bit 8, "do not retry" in bit 14. */
final class Status {
    private static final int DO_NOT_RETRY = 1 << 14;
    private static final int COMMAND_SPECIFIC = 1 << 8 | DO_NOT_RETRY;
    private static final int MEDIA = 2 << 8;

    static final int SUCCESS = 0;
    static final int INVALID_OPCODE = 0x01 | DO_NOT_RETRY;
    static final int INVALID_FIELD = 0x02 | DO_NOT_RETRY;
    static final int IDENTIFIER_CONFLICT = 0x03 | DO_NOT_RETRY;
    static final int DATA_TRANSFER_ERROR = 0x04 | DO_NOT_RETRY;
    static final int INTERNAL_ERROR = 0x06;
    static final int ABORT_REQUESTED = 0x07 | DO_NOT_RETRY;
    static final int INVALID_NAMESPACE = 0x0b | DO_NOT_RETRY;
    static final int SEQUENCE_ERROR = 0x0c | DO_NOT_RETRY;
    static final int PRP_OFFSET_INVALID = 0x13 | DO_NOT_RETRY;
    static final int WRITE_PROTECTED = 0x20 | DO_NOT_RETRY;
    static final int LBA_OUT_OF_RANGE = 0x80 | DO_NOT_RETRY;
    static final int CAPACITY_EXCEEDED = 0x81 | DO_NOT_RETRY;
    /** The guest asks again. */
    static final int NAMESPACE_NOT_READY = 0x82;

    static final int COMPLETION_QUEUE_INVALID = 0x00 | COMMAND_SPECIFIC;
    static final int INVALID_QUEUE_IDENTIFIER = 0x01 | COMMAND_SPECIFIC;
    static final int INVALID_QUEUE_SIZE = 0x02 | COMMAND_SPECIFIC;
    static final int EVENT_LIMIT_EXCEEDED = 0x05 | COMMAND_SPECIFIC;
    static final int INVALID_INTERRUPT_VECTOR = 0x08 | COMMAND_SPECIFIC;
    static final int INVALID_LOG_PAGE = 0x09 | COMMAND_SPECIFIC;
    static final int INVALID_QUEUE_DELETION = 0x0c | COMMAND_SPECIFIC;
    static final int NOT_SAVEABLE = 0x0d | COMMAND_SPECIFIC;

    static final int WRITE_FAULT = 0x80 | MEDIA;
    static final int UNRECOVERED_READ_ERROR = 0x81 | MEDIA;

    /** No status: the command comes back later. */
    static final int PENDING = -1;

    private Status() {}
}
