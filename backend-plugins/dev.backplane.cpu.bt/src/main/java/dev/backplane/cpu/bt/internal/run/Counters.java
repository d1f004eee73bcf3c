package dev.backplane.cpu.bt.internal.run;

/** What one vCPU's translator has done. Written by its thread alone. */
public final class Counters {
    /** Blocks that were translated. */
    public long blocks;
    /** Pages whose code was dropped. */
    public long dropped;
    /** Times that the code memory was full. */
    public long flushes;
    /** Exits by their kind. */
    public final long[] exits = new long[dev.backplane.cpu.bt.internal.translate.Exits.KINDS];
    /** Calls of the interpreter. */
    public long interpreted;

    public Counters() {}
}
