package dev.backplane.machine.pc.internal.chip;

/**
 * One 8259A interrupt controller (Intel 231468), with the edge/level control register that PC chip sets add in place of ICW1's
 * LTIM. Two deviations: a request of an edge-triggered input stays latched when the input falls, so that no pulse of a device
 * is lost, and no interrupt is given while the initialization sequence is under way.
 */
final class Pic8259 {
    /** The input of the master that the slave is wired to. */
    static final int CASCADE = 2;

    private static final int ICW1 = 1 << 4;
    private static final int ICW1_IC4 = 1;
    private static final int ICW1_SNGL = 1 << 1;
    private static final int ICW4_AEOI = 1 << 1;
    private static final int ICW4_SFNM = 1 << 4;
    private static final int OCW3 = 1 << 3;
    private static final int OCW3_POLL = 1 << 2;
    private static final int NONE = -1;

    private final boolean master;
    private final int elcrWritable;
    private int edges;
    private int inputs;
    private int imr;
    private int isr;
    private int elcr;
    private int vectorBase;
    private int lowest;
    private int initStep;
    private boolean initNeeds4;
    private boolean single;
    private boolean autoEoi;
    private boolean rotateOnAutoEoi;
    private boolean specialMask;
    private boolean specialFullyNested;
    private boolean poll;
    private boolean readIsr;

    /**
     * A chip after power-on.
     *
     * @param master whether it has the other one on its input 2
     * @param elcrWritable the inputs that may be level-triggered
     */
    Pic8259(boolean master, int elcrWritable) {
        this.master = master;
        this.elcrWritable = elcrWritable;
        reset();
    }

    /** Everything masked until it is initialized; inputs keep their levels. */
    void reset() {
        edges = 0;
        imr = 0xff;
        isr = 0;
        elcr = 0;
        vectorBase = 0;
        lowest = 7;
        initStep = 0;
        initNeeds4 = false;
        single = false;
        autoEoi = false;
        rotateOnAutoEoi = false;
        specialMask = false;
        specialFullyNested = false;
        poll = false;
        readIsr = false;
    }

    /** Sets the level of an input. */
    void input(int n, boolean high) {
        int bit = 1 << n;
        if (high) {
            edges |= bit & ~inputs & ~elcr;
            inputs |= bit;
        } else {
            inputs &= ~bit;
        }
    }

    /** The INT output. */
    boolean interrupt() {
        return pending() != NONE;
    }

    /**
     * The acknowledge cycle.
     *
     * @return the input that is served; 7 when the request has gone away ("default IR7")
     */
    int acknowledge() {
        int n = pending();
        if (n == NONE) {
            return 7;
        }
        serve(n);
        return n;
    }

    /** The vector for an input. */
    int vector(int n) {
        return vectorBase | n;
    }

    /** IRR as it is read. */
    int requests() {
        return edges & ~elcr | inputs & elcr;
    }

    int edgeLevelControl() {
        return elcr;
    }

    void writeEdgeLevelControl(int value) {
        elcr = value & elcrWritable;
        edges &= ~elcr;
    }

    int read(int a0) {
        if (poll) {
            poll = false;
            int n = pending();
            if (n == NONE) {
                return 0;
            }
            serve(n);
            return 0x80 | n;
        }
        if (a0 != 0) {
            return imr;
        }
        return readIsr ? isr : requests();
    }

    void write(int a0, int value) {
        if (a0 == 0) {
            if ((value & ICW1) != 0) {
                beginInitialization(value);
            } else if ((value & OCW3) != 0) {
                operationControl3(value);
            } else {
                operationControl2(value >>> 5, value & 7);
            }
        } else {
            switch (initStep) {
                case 2 -> initializeVector(value);
                case 3 -> initStep = initNeeds4 ? 4 : 0;
                case 4 -> initializeMode(value);
                default -> imr = value;
            }
        }
    }

    private void beginInitialization(int icw1) {
        edges = 0;
        imr = 0;
        isr = 0;
        lowest = 7;
        specialMask = false;
        readIsr = false;
        poll = false;
        autoEoi = false;
        rotateOnAutoEoi = false;
        specialFullyNested = false;
        initNeeds4 = (icw1 & ICW1_IC4) != 0;
        single = (icw1 & ICW1_SNGL) != 0;
        initStep = 2;
    }

    private void initializeVector(int icw2) {
        vectorBase = icw2 & 0xf8;
        if (!single) {
            initStep = 3;
        } else {
            initStep = initNeeds4 ? 4 : 0;
        }
    }

    private void initializeMode(int icw4) {
        autoEoi = (icw4 & ICW4_AEOI) != 0;
        specialFullyNested = (icw4 & ICW4_SFNM) != 0;
        initStep = 0;
    }

    /** End of interrupt and rotation: R, SL, EOI in bits 2 to 0 of the command. */
    private void operationControl2(int command, int level) {
        switch (command) {
            case 0b000 -> rotateOnAutoEoi = false;
            case 0b100 -> rotateOnAutoEoi = true;
            case 0b001 -> endHighest(false);
            case 0b101 -> endHighest(true);
            case 0b011 -> isr &= ~(1 << level);
            case 0b111 -> {
                isr &= ~(1 << level);
                lowest = level;
            }
            case 0b110 -> lowest = level;
            default -> {}
        }
    }

    private void operationControl3(int value) {
        poll = (value & OCW3_POLL) != 0;
        switch (value & 3) {
            case 2 -> readIsr = false;
            case 3 -> readIsr = true;
            default -> {}
        }
        switch (value >>> 5 & 3) {
            case 2 -> specialMask = false;
            case 3 -> specialMask = true;
            default -> {}
        }
    }

    /** A masked level that is in service is not ended by this in special mask mode. */
    private void endHighest(boolean rotate) {
        int served = specialMask ? isr & ~imr : isr;
        for (int i = 1; i <= 8; i++) {
            int n = lowest + i & 7;
            if ((served & 1 << n) != 0) {
                isr &= ~(1 << n);
                if (rotate) {
                    lowest = n;
                }
                return;
            }
        }
    }

    /** The request that may interrupt now, from the highest priority down to what is in service. */
    private int pending() {
        if (initStep != 0) {
            return NONE;
        }
        int wanted = requests() & ~imr;
        int served = specialMask ? isr & ~imr : isr;
        for (int i = 1; i <= 8; i++) {
            int n = lowest + i & 7;
            int bit = 1 << n;
            boolean slaveMayNest = specialFullyNested && master && n == CASCADE;
            if ((served & bit) != 0 && !slaveMayNest) {
                return NONE;
            }
            if ((wanted & bit) != 0) {
                return n;
            }
            if ((served & bit) != 0) {
                return NONE;
            }
        }
        return NONE;
    }

    private void serve(int n) {
        edges &= ~(1 << n);
        if (!autoEoi) {
            isr |= 1 << n;
        } else if (rotateOnAutoEoi) {
            lowest = n;
        }
    }

    State save() {
        return new State(
                edges,
                inputs,
                imr,
                isr,
                elcr,
                vectorBase,
                lowest,
                initStep,
                initNeeds4,
                single,
                autoEoi,
                rotateOnAutoEoi,
                specialMask,
                specialFullyNested,
                poll,
                readIsr);
    }

    void restore(State state) {
        edges = state.edges & 0xff;
        inputs = state.inputs & 0xff;
        imr = state.imr & 0xff;
        isr = state.isr & 0xff;
        elcr = state.elcr & elcrWritable;
        vectorBase = state.vectorBase & 0xf8;
        lowest = state.lowest & 7;
        initStep = state.initStep;
        initNeeds4 = state.initNeeds4;
        single = state.single;
        autoEoi = state.autoEoi;
        rotateOnAutoEoi = state.rotateOnAutoEoi;
        specialMask = state.specialMask;
        specialFullyNested = state.specialFullyNested;
        poll = state.poll;
        readIsr = state.readIsr;
    }

    /**
     * Its state.
     *
     * @param edges latched requests
     * @param inputs the levels of the inputs
     * @param imr the mask
     * @param isr what is in service
     * @param elcr the level-triggered inputs
     * @param vectorBase ICW2
     * @param lowest the input of lowest priority
     * @param initStep the ICW that is expected next; 0: none
     * @param initNeeds4 whether ICW4 will come
     * @param single whether ICW3 is left out
     * @param autoEoi ICW4's AEOI
     * @param rotateOnAutoEoi OCW2's rotation in AEOI mode
     * @param specialMask OCW3's special mask mode
     * @param specialFullyNested ICW4's SFNM
     * @param poll whether the next read polls
     * @param readIsr whether ISR is read, else IRR
     */
    public record State(
            int edges,
            int inputs,
            int imr,
            int isr,
            int elcr,
            int vectorBase,
            int lowest,
            int initStep,
            boolean initNeeds4,
            boolean single,
            boolean autoEoi,
            boolean rotateOnAutoEoi,
            boolean specialMask,
            boolean specialFullyNested,
            boolean poll,
            boolean readIsr) {}
}
