package dev.backplane.device.virtio.block.internal;

/** The block device of the specification (virtio 1.2, 5.2): features, configuration, requests. */
final class BlockLayout {
    static final int DEVICE_ID = 2;

    static final int F_SEG_MAX = 2;
    static final int F_RO = 5;
    static final int F_BLK_SIZE = 6;
    static final int F_FLUSH = 9;
    static final int F_TOPOLOGY = 10;
    static final int F_MQ = 12;
    static final int F_DISCARD = 13;
    static final int F_WRITE_ZEROES = 14;

    static final int CONFIGURATION_BYTES = 60;
    static final int CAPACITY = 0;
    static final int SEG_MAX = 12;
    static final int BLK_SIZE = 20;
    static final int PHYSICAL_BLOCK_EXP = 24;
    static final int MIN_IO_SIZE = 26;
    static final int OPT_IO_SIZE = 28;
    static final int NUM_QUEUES = 34;
    static final int MAX_DISCARD_SECTORS = 36;
    static final int MAX_DISCARD_SEG = 40;
    static final int DISCARD_SECTOR_ALIGNMENT = 44;
    static final int MAX_WRITE_ZEROES_SECTORS = 48;
    static final int MAX_WRITE_ZEROES_SEG = 52;
    static final int WRITE_ZEROES_MAY_UNMAP = 56;

    static final int T_IN = 0;
    static final int T_OUT = 1;
    static final int T_FLUSH = 4;
    static final int T_GET_ID = 8;
    static final int T_DISCARD = 11;
    static final int T_WRITE_ZEROES = 13;

    static final int S_OK = 0;
    static final int S_IOERR = 1;
    static final int S_UNSUPP = 2;

    static final int SECTOR_BYTES = 512;
    static final int HEADER_BYTES = 16;
    static final int SEGMENT_BYTES = 16;
    static final int ID_BYTES = 20;

    /** Descriptors of a queue. */
    static final int QUEUE_SIZE = 256;

    /** Pieces of data in a request: its header and its status take descriptors too, where they do not lie in a table. */
    static final int MOST_PIECES = QUEUE_SIZE - 2;

    /** Ranges of one discard, and sectors of each. */
    static final int MOST_SEGMENTS = 16;

    static final int MOST_SECTORS = 1 << 22;

    private BlockLayout() {}
}
