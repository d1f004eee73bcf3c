package dev.backplane.itests.hostile;

/** What a neighbour got done in some stretches of time together. */
final class Share {
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
        nanos += System.nanoTime() - start;
        long done = neighbour.instructions() - before;
        if (done <= 0) {
            throw new AssertionError("the neighbour has not executed an instruction");
        }
        instructions += done;
    }

    /** Millions of instructions a second. */
    double mips() {
        return instructions * 1e3 / nanos;
    }
}
