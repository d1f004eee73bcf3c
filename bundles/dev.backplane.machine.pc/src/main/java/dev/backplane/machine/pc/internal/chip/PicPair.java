package dev.backplane.machine.pc.internal.chip;

/** The two 8259A of a PC: interrupts 0 to 7 on the master, 8 to 15 on the slave, which hangs on the master's input 2. */
final class PicPair {
    /** Interrupts 0, 1 and 2 are always edge-triggered, 8 and 13 too. */
    private static final int MASTER_LEVELS = 0xf8;

    private static final int SLAVE_LEVELS = 0xde;

    private final Pic8259 master = new Pic8259(true, MASTER_LEVELS);
    private final Pic8259 slave = new Pic8259(false, SLAVE_LEVELS);

    void reset() {
        master.reset();
        slave.reset();
        cascade();
    }

    void input(int irq, boolean high) {
        if (irq < 8) {
            master.input(irq, high);
        } else {
            slave.input(irq - 8, high);
            cascade();
        }
    }

    /** What the processor sees. */
    boolean interrupt() {
        return master.interrupt();
    }

    /** The acknowledge cycle: the vector. */
    int acknowledge() {
        int n = master.acknowledge();
        if (n != Pic8259.CASCADE) {
            return master.vector(n);
        }
        int vector = slave.vector(slave.acknowledge());
        slaveServed();
        return vector;
    }

    int readMaster(int a0) {
        return master.read(a0);
    }

    void writeMaster(int a0, int value) {
        master.write(a0, value);
    }

    int readSlave(int a0) {
        int value = slave.read(a0);
        slaveServed();
        return value;
    }

    void writeSlave(int a0, int value) {
        slave.write(a0, value);
        cascade();
    }

    int readEdgeLevelControl(int which) {
        return (which == 0 ? master : slave).edgeLevelControl();
    }

    void writeEdgeLevelControl(int which, int value) {
        (which == 0 ? master : slave).writeEdgeLevelControl(value);
        cascade();
    }

    private void cascade() {
        master.input(Pic8259.CASCADE, slave.interrupt());
    }

    /** INT falls when a request is taken and rises anew for the next one. */
    private void slaveServed() {
        master.input(Pic8259.CASCADE, false);
        cascade();
    }

    State save() {
        return new State(master.save(), slave.save());
    }

    void restore(State state) {
        master.restore(state.master);
        slave.restore(state.slave);
    }

    /**
     * Their state.
     *
     * @param master the master's
     * @param slave the slave's
     */
    public record State(Pic8259.State master, Pic8259.State slave) {}
}
