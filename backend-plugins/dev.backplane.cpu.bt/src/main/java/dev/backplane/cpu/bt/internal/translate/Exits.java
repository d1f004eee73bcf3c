package dev.backplane.cpu.bt.internal.translate;

/**
 * The kinds of exits from emitted code, and what each has in the {@link ExitTable}: a, b, and a guest instruction pointer.
 */
public final class Exits {
    /** A check failed: a is where to try again, b size and direction (see {@link #WRITE}); rip of the instruction. Value: the address. */
    public static final int MISS = 0;
    /** The instruction is to be interpreted. b: instructions of the block that are not done. */
    public static final int INTERPRET = 1;
    /** A direct jump that is not linked yet: a is the place of its displacement, b the page's number; rip is the target. */
    public static final int LINK = 2;
    /** The jump cache has no such target. Value: the target. a: what to add to rsp to undo the instruction; its rip. */
    public static final int JUMP = 3;
    /** Somebody wants the thread: rip is where to go on. */
    public static final int POLL = 4;
    /** Nothing is translated from here on: rip. */
    public static final int LEAVE = 5;

    /** Less is left of the count than the block has instructions. b: how many those are; rip of the block. */
    public static final int LIMIT = 6;

    /** RDTSC or RDTSCP at rip: a is where to go on. b: instructions of the block that are not done. */
    public static final int CLOCK = 7;

    public static final int KINDS = 8;

    /** Offset of the first exit in the code memory, and the distance to the next. */
    public static final int STUBS = 512;

    public static final int STUB_BYTES = 32;

    /** Behind the call of an exit: its number in the {@link ExitTable}. */
    public static final int DATA_BYTES = 4;

    /** In b of a {@link #MISS}: the access is a write. The low byte is its size, the bits from 16 on the instructions of the block that are not done. */
    public static final int WRITE = 1 << 8;

    /** In b of a {@link #CLOCK}: RDTSCP. */
    public static final int PROCESSOR = 1 << 16;

    private static final String[] NAMES = {"tlb-miss", "interpret", "link", "jump", "poll", "leave", "limit", "clock"};

    private Exits() {}

    /** What statistics call a kind. */
    public static String name(int kind) {
        return NAMES[kind];
    }

    /** The offset of an exit in the code memory. */
    static int stub(int kind) {
        return STUBS + kind * STUB_BYTES;
    }
}
