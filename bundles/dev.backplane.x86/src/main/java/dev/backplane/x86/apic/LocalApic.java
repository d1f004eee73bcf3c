package dev.backplane.x86.apic;

import dev.backplane.api.cpu.VcpuState;

/**
 * One local APIC: what arrives at it, and what its vCPU takes from it (12.4, 12.8).
 *
 * <p>The pins, and what {@link ApicBus} delivers, may come on any thread; everything else belongs to the vCPU's thread.
 */
public final class LocalApic {
    /** What {@link #readMsr} returns for #GP. */
    public static final long MSR_FAULT = RegisterFile.FAULT;

    /** Vectors below 16 are reserved; one that is sent or received is an error (12.5.2). */
    static final int FIRST_LEGAL_VECTOR = 16;

    private static final int SVR_ENABLE = 1 << 8;
    private static final int SVR_RESET = 0xff;

    private final int id;
    private final ApicPort port;
    private final ApicMode mode;
    private final Destination destination;
    private final PendingEvents pending = new PendingEvents();
    private final Vectors vectors = new Vectors();
    private final LocalVectorTable table = new LocalVectorTable();
    private final ErrorStatus errors = new ErrorStatus();
    private final CommandRegister command = new CommandRegister(this);
    private final RegisterFile registers = new RegisterFile(this);
    private final ApicTimer timer;
    private volatile int spurious;

    /**
     * An APIC in its state after power-on.
     *
     * @param id the APIC ID, which is the vCPU's number; vCPU 0 is the boot processor
     * @param clock what its timer counts
     * @param port the machine around it
     */
    public LocalApic(int id, ApicClock clock, ApicPort port) {
        this.id = id;
        this.port = port;
        mode = new ApicMode(id == 0);
        destination = new Destination(id);
        timer = new ApicTimer(clock, port);
        init();
    }

    void connect(ApicBus bus) {
        command.connect(bus);
    }

    /** Puts all registers but IA32_APIC_BASE into their state after INIT (12.4.7.3); messages that wait stay. */
    public void init() {
        vectors.reset();
        table.reset();
        errors.load(0);
        timer.reset();
        spurious = SVR_RESET;
        destination.reset(isX2());
        command.load(0, 0);
        if (isBootProcessor()) {
            // Virtual wire mode, which firmware would set up; a kernel that is entered directly relies on it.
            table.set(ApicRegister.LVT_LINT0, Delivery.EXTINT << 8, true);
        }
    }

    /** The APIC ID. */
    public int id() {
        return id;
    }

    /** Whether this is the boot processor, which INIT sends to the reset vector instead of waiting for a start-up. */
    public boolean isBootProcessor() {
        return mode.isBootProcessor();
    }

    /** IA32_APIC_BASE. */
    public long base() {
        return mode.base();
    }

    /**
     * Writes IA32_APIC_BASE.
     *
     * @param value the new value
     * @param reservedAddressBits the address bits that the CPU model does not have
     * @return false for #GP: a reserved bit or a change of mode that does not exist
     */
    public boolean setBase(long value, long reservedAddressBits) {
        if (!mode.accepts(value, reservedAddressBits)) {
            return false;
        }
        boolean wasX2 = isX2();
        boolean wasPresent = isPresent();
        mode.load(value);
        if (isX2() && !wasX2) {
            destination.reset(true);
            command.setHigh(0);
        } else if (wasPresent && !isPresent()) {
            init();
        }
        // The 8259 pair may reach the vCPU now.
        port.wake();
        return true;
    }

    /** Whether it is enabled in IA32_APIC_BASE. */
    public boolean isPresent() {
        return mode.isPresent();
    }

    /** Whether its registers are MSRs. */
    public boolean isX2() {
        return mode.isX2();
    }

    /** The page on which its registers answer, or -1 while they do not answer in memory. */
    public long mmioPage() {
        return mode.page();
    }

    boolean enabled() {
        return isPresent() && (spurious & SVR_ENABLE) != 0;
    }

    // What arrives, on any thread

    boolean matches(int address, boolean logical) {
        return isPresent() && destination.matches(address, logical, isX2());
    }

    /**
     * Takes a message that was sent to this APIC.
     *
     * @param delivery one of {@link Delivery}
     * @param vector the vector
     * @param level whether it is level-triggered
     */
    void accept(int delivery, int vector, boolean level) {
        switch (delivery) {
            case Delivery.FIXED, Delivery.LOWEST_PRIORITY -> acceptVector(vector, level);
            case Delivery.NMI -> pending.nmi();
            case Delivery.INIT -> pending.init();
            case Delivery.STARTUP -> pending.startUp(vector);
            case Delivery.EXTINT -> pending.extIntMessage();
            default -> {
                // No system-management mode: an SMI is lost, as on a board whose firmware has no handler.
            }
        }
        port.wake();
    }

    private void acceptVector(int vector, boolean level) {
        if (vector < FIRST_LEGAL_VECTOR) {
            reportError(ErrorStatus.RECEIVE_ILLEGAL_VECTOR);
        } else if (enabled()) {
            vectors.request(vector, level);
        }
    }

    private void acceptLocal(int entry) {
        if (!LocalVectorTable.masked(entry)) {
            accept(LocalVectorTable.delivery(entry), LocalVectorTable.vector(entry), false);
        }
    }

    void reportError(int error) {
        int entry = table.get(ApicRegister.LVT_ERROR);
        int vector = LocalVectorTable.vector(entry);
        // An illegal vector in the error entry itself must not report itself for ever.
        if (errors.report(error) && !LocalVectorTable.masked(entry) && vector >= FIRST_LEGAL_VECTOR) {
            accept(Delivery.FIXED, vector, false);
        }
    }

    /**
     * The level of LINT0, to which the 8259 pair is wired. Any thread.
     *
     * @param high whether the pair asks for an acknowledge cycle
     */
    public void setIntrPin(boolean high) {
        boolean rose = pending.setIntrPin(high);
        int entry = table.get(ApicRegister.LVT_LINT0);
        if (rose && isPresent() && LocalVectorTable.delivery(entry) != Delivery.EXTINT) {
            acceptLocal(entry);
        } else if (high) {
            port.wake();
        }
    }

    /**
     * The level of LINT1, the NMI pin. Any thread.
     *
     * @param high the level
     */
    public void setNmiPin(boolean high) {
        if (pending.setNmiPin(high)) {
            if (isPresent()) {
                acceptLocal(table.get(ApicRegister.LVT_LINT1));
            } else {
                accept(Delivery.NMI, 0, false);
            }
        }
    }

    // What the vCPU takes, in the order of priority (7.9)

    /** Whether an INIT waits. */
    public boolean initPending() {
        return pending.initPending();
    }

    /** Takes a waiting INIT. */
    public boolean takeInit() {
        return pending.takeInit();
    }

    /** Whether a start-up message waits. */
    public boolean startUpPending() {
        return pending.startUpPending();
    }

    /** Takes a start-up message: its vector, or -1. */
    public int takeStartUp() {
        return pending.takeStartUp();
    }

    /** Whether an NMI waits. */
    public boolean nmiPending() {
        return pending.nmiPending();
    }

    /** Latches an NMI that a restored state brings. */
    public void latchNmi() {
        pending.nmi();
    }

    /** Takes a waiting NMI. */
    public boolean takeNmi() {
        return pending.takeNmi();
    }

    /** Whether the 8259 pair has an interrupt for this vCPU; {@link #acknowledgedExtInt} after its acknowledge cycle. */
    public boolean extIntPending() {
        if (pending.extIntMessagePending()) {
            return true;
        }
        if (!pending.intrPin()) {
            return false;
        }
        int entry = table.get(ApicRegister.LVT_LINT0);
        return !isPresent() || !LocalVectorTable.masked(entry) && LocalVectorTable.delivery(entry) == Delivery.EXTINT;
    }

    /** The acknowledge cycle was made; one that a message asked for is thereby answered. */
    public void acknowledgedExtInt() {
        pending.takeExtIntMessage();
    }

    /** The vector that {@link #acknowledge} would deliver, or -1: the highest that is requested above the processor priority. */
    public int deliverable() {
        return isPresent() ? vectors.deliverable() : Vectors.NONE;
    }

    /** Moves {@link #deliverable} into service and returns it; -1 if there is none. */
    public int acknowledge() {
        int vector = deliverable();
        if (vector >= 0) {
            vectors.beginService(vector);
        }
        return vector;
    }

    void endOfInterrupt() {
        int vector = vectors.endService();
        if (vector >= 0) {
            if (vectors.isLevelTriggered(vector)) {
                port.endOfInterrupt(vector);
            }
            noteDeliverable();
        }
    }

    /** CR8: bits 4-7 of the task priority (12.8.6). */
    public int cr8() {
        return vectors.taskPriority() >>> 4;
    }

    /**
     * Writes CR8.
     *
     * @param value 0 to 15
     */
    public void setCr8(int value) {
        setTaskPriority(value << 4);
    }

    void setTaskPriority(int value) {
        vectors.setTaskPriority(value);
        noteDeliverable();
    }

    /** The priority fell: a vector that had to wait may be next. */
    private void noteDeliverable() {
        if (deliverable() >= 0) {
            port.wake();
        }
    }

    // The timer

    /** Guest time at which the vCPU has to call {@link #pollTimer} next; {@link Long#MAX_VALUE}: not at all. */
    public long timerDueNanos() {
        return timer.dueNanos();
    }

    /** Delivers the timer's interrupt if it has run out. Too early or too often does no harm. */
    public void pollTimer() {
        if (timer.expire()) {
            int entry = table.get(ApicRegister.LVT_TIMER);
            if (!LocalVectorTable.masked(entry)) {
                accept(Delivery.FIXED, LocalVectorTable.vector(entry), false);
            }
        }
    }

    /** IA32_TSC_DEADLINE; zero when not armed or not in that mode. */
    public long tscDeadline() {
        return timer.deadline();
    }

    /** Writes IA32_TSC_DEADLINE. */
    public void setTscDeadline(long tsc) {
        timer.setDeadline(tsc);
    }

    /** To be called when the vCPU's TSC was set: the deadline stays, its moment moves. */
    public void tscMoved() {
        timer.clockMoved();
    }

    // Registers

    /**
     * Reads from the register page.
     *
     * @param offset 0 to 0xfff
     * @param size 1, 2, 4 or 8 bytes
     * @return the value, zero-extended; zero where nothing is defined
     */
    public long readPage(int offset, int size) {
        return registers.readPage(offset, size);
    }

    /**
     * Writes to the register page.
     *
     * @param offset 0 to 0xfff
     * @param size 1, 2, 4 or 8 bytes; only aligned doublewords have an effect
     * @param value the value
     */
    public void writePage(int offset, int size, long value) {
        registers.writePage(offset, size, value);
    }

    /**
     * Reads an x2APIC MSR.
     *
     * @param number 0x800 to 0x8ff
     * @return the value, or {@link #MSR_FAULT} for #GP
     */
    public long readMsr(int number) {
        return isX2() ? registers.readMsr((number & 0xff) << 4) : MSR_FAULT;
    }

    /**
     * Writes an x2APIC MSR.
     *
     * @param number 0x800 to 0x8ff
     * @param value the value
     * @return false for #GP
     */
    public boolean writeMsr(int number, long value) {
        return isX2() && registers.writeMsr((number & 0xff) << 4, value);
    }

    /**
     * The state, while the vCPU does not run. INIT and start-up messages that wait are not part of it: the vCPU takes
     * them first.
     */
    public VcpuState.Apic save() {
        return LocalApicState.save(this);
    }

    /** Restores a state; IA32_TSC_DEADLINE is to be written after it, and pins are to be raised again. */
    public void load(VcpuState.Apic state) {
        pending.clearMessages();
        LocalApicState.load(this, state);
    }

    int spurious() {
        return spurious;
    }

    void setSpurious(int value) {
        spurious = value;
        if ((value & SVR_ENABLE) == 0) {
            table.maskAll();
        }
    }

    void setLocalVector(int register, int value) {
        table.set(register, value, (spurious & SVR_ENABLE) != 0);
        if (register == ApicRegister.LVT_TIMER) {
            timer.setMode(LocalVectorTable.timerMode(value));
        } else if (register == ApicRegister.LVT_LINT0 && extIntPending()) {
            port.wake();
        }
    }

    ApicMode mode() {
        return mode;
    }

    Destination destination() {
        return destination;
    }

    Vectors vectors() {
        return vectors;
    }

    LocalVectorTable table() {
        return table;
    }

    ErrorStatus errors() {
        return errors;
    }

    CommandRegister command() {
        return command;
    }

    RegisterFile registers() {
        return registers;
    }

    ApicTimer timer() {
        return timer;
    }
}
