package dev.backplane.machine.pc.internal.bus;

/**
 * Tells about accesses that nothing answers: once for each port or page, not for the usual probes, and not without end, since
 * the guest chooses the addresses. Any thread; allocates only for the few that it tells about.
 */
public final class Unclaimed {
    private static final int MOST = 64;

    private final System.Logger logger;
    private final long[] told = new long[MOST];
    private int count;

    /**
     * Nothing told yet.
     *
     * @param logger where to tell it, at level DEBUG
     */
    public Unclaimed(System.Logger logger) {
        this.logger = logger;
    }

    void port(int port, boolean write) {
        if (!usualProbe(port) && first(port)) {
            logger.log(System.Logger.Level.DEBUG, "port 0x%x: nothing answers a %s".formatted(port, kind(write)));
        }
    }

    void memory(long gpa, boolean write) {
        if (first(~(gpa >>> 12))) {
            logger.log(System.Logger.Level.DEBUG, "address 0x%x: nothing answers a %s".formatted(gpa, kind(write)));
        }
    }

    /** POST codes and delays, ISA devices at their usual places, PCI configuration mechanism 1. */
    private static boolean usualProbe(int port) {
        return port < 0x100 || port >= 0x2e8 && port <= 0x3ff || port >= 0xcf8 && port <= 0xcff;
    }

    private synchronized boolean first(long key) {
        if (count == MOST) {
            return false;
        }
        for (int i = 0; i < count; i++) {
            if (told[i] == key) {
                return false;
            }
        }
        told[count++] = key;
        return true;
    }

    private static String kind(boolean write) {
        return write ? "write" : "read";
    }
}
