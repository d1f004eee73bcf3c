package dev.backplane.device.nvme.internal;

/** Registers and their fields in the order of their addresses (NVMe 1.4, 3.1), and the limits of this controller. */
final class Layout {
    static final int CAP = 0x00;
    static final int VS = 0x08;
    static final int INTMS = 0x0c;
    static final int INTMC = 0x10;
    static final int CC = 0x14;
    static final int CSTS = 0x1c;
    static final int AQA = 0x24;
    static final int ASQ = 0x28;
    static final int ACQ = 0x30;
    static final int DOORBELLS = 0x1000;
    /** CAP.DSTRD is 0. */
    static final int DOORBELL_BYTES = 4;

    static final int CC_EN = 1;
    static final int CC_CSS_SHIFT = 4;
    static final int CC_MPS_SHIFT = 7;
    static final int CC_AMS_SHIFT = 11;
    static final int CC_SHN_SHIFT = 14;
    static final int CC_IOSQES_SHIFT = 16;
    static final int CC_IOCQES_SHIFT = 20;

    static final int CC_BITS = 0x00ff_fff1;

    static final int CSTS_RDY = 1;
    static final int CSTS_CFS = 1 << 1;
    static final int CSTS_SHST_BUSY = 1 << 2;
    static final int CSTS_SHST_DONE = 2 << 2;
    static final int CSTS_SHST = 3 << 2;

    static final int AQA_BITS = 0x0fff_0fff;

    static final int VERSION_1_4 = 0x0001_0400;

    /** Pages of 4 KiB and no others. */
    static final int PAGE_BYTES = 4096;

    /** Entries of one queue. */
    static final int MOST_ENTRIES = 1024;

    /** The admin queue's, whose length is a register of 12 bits. */
    static final int MOST_ADMIN_ENTRIES = 4096;

    /** Bytes that one command moves, in pages as a power of two (MDTS), so that no list of pages is long. */
    static final int MDTS = 8;

    static final int MOST_BYTES = PAGE_BYTES << MDTS;

    static final int SUBMISSION_BYTES_LOG = 6;
    static final int COMPLETION_BYTES_LOG = 4;

    /** In units of 500 ms: a reset waits for what the disk has not answered. */
    private static final long TIMEOUT = 120;

    private static final long CONTIGUOUS_QUEUES = 1L << 16;
    private static final long NVM_COMMAND_SET = 1L << 37;

    static final long CAPABILITIES = MOST_ENTRIES - 1 | CONTIGUOUS_QUEUES | TIMEOUT << 24 | NVM_COMMAND_SET;

    /** The one namespace. */
    static final int NAMESPACE = 1;

    static final int ALL_NAMESPACES = -1;

    private Layout() {}

    /** The length of the registers' BAR, a power of two. */
    static int barBytes(int queues) {
        int doorbells = DOORBELLS + (queues + 1) * 2 * DOORBELL_BYTES;
        return Integer.highestOneBit(doorbells - 1) << 1;
    }
}
