package dev.backplane.itests.hostile;

/** What a neighbour got done in some stretches of time together. */
final class Share {
    /** On a host that is very busy a thread may wait for its turn longer than a stretch is. */
    private static final long PATIENCE_NANOS = 20_000_000_000L;

    private final Neighbour neighbour;
    private long instructions;
    private long nanos;

    Share(Neighbour neighbour) {
        this.neighbour = neighbour;
    }

    /** Something that happens meanwhile. */
    interface Stretch {
        void run() throws Exception;
    }

    /** Adds a stretch, and fails when the neighbour stood still. */
    void add(Stretch stretch) throws Exception {
        long before = neighbour.instructions();
        long start = System.nanoTime();
        stretch.run();
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (neighbour.instructions() == before) {
            if (System.nanoTime() > end) {
                throw new AssertionError("the neighbour has not executed an instruction");
            }
            Thread.sleep(10);
        }
        nanos += System.nanoTime() - start;
        instructions += neighbour.instructions() - before;
    }

    /** Millions of instructions a second. */
    double mips() {
        return instructions * 1e3 / nanos;
    }
}
