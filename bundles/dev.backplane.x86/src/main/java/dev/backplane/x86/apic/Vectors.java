package dev.backplane.x86.apic;

/** The vectors that an APIC holds, and their priorities (12.8.3, 12.8.4). {@link #request} on any thread, the rest on the vCPU's. */
final class Vectors {
    /** Nothing. */
    static final int NONE = -1;

    private final VectorSet irr = new VectorSet();
    private final VectorSet isr = new VectorSet();
    private final VectorSet tmr = new VectorSet();
    /** Read by whoever arbitrates for the lowest priority. */
    private volatile int taskPriority;

    void reset() {
        irr.clearAll();
        isr.clearAll();
        tmr.clearAll();
        taskPriority = 0;
    }

    void request(int vector, boolean level) {
        if (level) {
            tmr.set(vector);
        } else {
            tmr.clear(vector);
        }
        irr.set(vector);
    }

    /** The highest requested vector above the processor priority, or {@link #NONE}. */
    int deliverable() {
        int vector = irr.highest();
        return vector >= 0 && vector >>> 4 > processorPriority() >>> 4 ? vector : NONE;
    }

    void beginService(int vector) {
        irr.clear(vector);
        isr.set(vector);
    }

    /** Ends the service of the highest vector and returns it, or {@link #NONE}. */
    int endService() {
        int vector = isr.highest();
        if (vector >= 0) {
            isr.clear(vector);
        }
        return vector;
    }

    boolean isLevelTriggered(int vector) {
        return tmr.contains(vector);
    }

    int taskPriority() {
        return taskPriority;
    }

    void setTaskPriority(int value) {
        taskPriority = value & 0xff;
    }

    int processorPriority() {
        int inService = Math.max(isr.highest(), 0) & 0xf0;
        int task = taskPriority;
        return task >>> 4 >= inService >>> 4 ? task : inService;
    }

    VectorSet irr() {
        return irr;
    }

    VectorSet isr() {
        return isr;
    }

    VectorSet tmr() {
        return tmr;
    }
}
