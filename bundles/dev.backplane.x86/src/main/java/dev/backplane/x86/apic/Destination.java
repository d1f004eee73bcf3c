package dev.backplane.x86.apic;

/** To which addresses a local APIC listens (12.6.2, 12.12.10). Set on the vCPU's thread, asked by any. */
final class Destination {
    /** Everybody. */
    static final int BROADCAST = -1;

    private static final int FLAT = 0xf;
    private static final int ALL_CLUSTERS = 0xf;

    private final int id;
    private volatile int logical;
    private volatile int format = -1;

    Destination(int id) {
        this.id = id;
    }

    void reset(boolean x2) {
        format = -1;
        logical = x2 ? derived() : 0;
    }

    /** In x2APIC mode the logical destination follows from the identifier. */
    private int derived() {
        return id >>> 4 << 16 | 1 << (id & 15);
    }

    int logical() {
        return logical;
    }

    void setLogical(int value) {
        logical = value;
    }

    int format() {
        return format;
    }

    void setFormat(int value) {
        format = value;
    }

    void load(int savedLogical, int savedFormat, boolean x2) {
        logical = x2 ? derived() : savedLogical;
        format = savedFormat;
    }

    boolean matches(int destination, boolean byLogical, boolean x2) {
        if (destination == BROADCAST) {
            return true;
        }
        if (!byLogical) {
            return destination == id;
        }
        int mine = logical;
        if (x2) {
            return (destination ^ mine) >>> 16 == 0 && (destination & mine & 0xffff) != 0;
        }
        mine >>>= 24;
        if (format >>> 28 == FLAT) {
            return (destination & mine & 0xff) != 0;
        }
        int cluster = destination >>> 4;
        return (cluster == ALL_CLUSTERS || cluster == mine >>> 4) && (destination & mine & 0xf) != 0;
    }
}
