package dev.backplane.x86.apic;

import dev.backplane.api.cpu.VcpuState;
import org.jspecify.annotations.Nullable;

/**
 * One local APIC: its mode, its priorities, and the interrupts that it holds for its vCPU (12.4, 12.8).
 *
 * <p>{@link #matches}, {@link #accept} and the pins may be called on any thread, everything else on the vCPU's thread.
 */
public final class LocalApic {
    /** What {@link #readMsr} returns for #GP. */
    public static final long MSR_FAULT = RegisterFile.FAULT;

    private static final int BASE_BSP = 1 << 8;
    private static final int BASE_X2APIC = 1 << 10;
    private static final int BASE_ENABLE = 1 << 11;
    private static final int SVR_ENABLE = 1 << 8;
    private static final long DEFAULT_ADDRESS = 0xfee0_0000L;
    /** Vectors below 16 are reserved; one that is sent or received is an error (12.5.2). */
    private static final int FIRST_LEGAL_VECTOR = 16;

    private final int id;
    private final ApicPort port;
    private final PendingEvents pending = new PendingEvents();
    private final VectorSet irr = new VectorSet();
    private final VectorSet isr = new VectorSet();
    private final VectorSet tmr = new VectorSet();
    private final LocalVectorTable table = new LocalVectorTable();
    private final ErrorStatus errors = new ErrorStatus();
    private final ApicTimer timer;
    private final RegisterFile registers = new RegisterFile(this);
    private @Nullable ApicBus bus;

    private volatile long base;
    private volatile int taskPriority;
    private volatile int logicalDestination;
    private volatile int destinationFormat;
    private volatile int spurious;
    private int commandLow;
    private int commandHigh;

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
        this.timer = new ApicTimer(clock, port);
        base = DEFAULT_ADDRESS | BASE_ENABLE | (id == 0 ? BASE_BSP : 0);
        init();
    }

    void connect(ApicBus toBus) {
        bus = toBus;
    }

    /** Puts all registers but IA32_APIC_BASE into their state after INIT (12.4.7.3); messages that wait stay. */
    public void init() {
        irr.clearAll();
        isr.clearAll();
        tmr.clearAll();
        table.reset();
        errors.load(0);
        timer.reset();
        taskPriority = 0;
        spurious = 0xff;
        destinationFormat = -1;
        logicalDestination = isX2() ? x2LogicalDestination() : 0;
        commandLow = 0;
        commandHigh = 0;
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
        return (base & BASE_BSP) != 0;
    }

    // Mode: IA32_APIC_BASE (12.4.4, 12.12.5)

    /** IA32_APIC_BASE. */
    public long base() {
        return base;
    }

    /**
     * Writes IA32_APIC_BASE.
     *
     * @param value the new value
     * @param reservedAddressBits the address bits that the CPU model does not have
     * @return false for #GP: a reserved bit or a change of mode that does not exist
     */
    public boolean setBase(long value, long reservedAddressBits) {
        long reserved = 0x2ff | reservedAddressBits;
        boolean enable = (value & BASE_ENABLE) != 0;
        boolean x2 = (value & BASE_X2APIC) != 0;
        if ((value & reserved) != 0 || x2 && (!enable || !isPresent()) || enable && !x2 && isX2()) {
            return false;
        }
        boolean entersX2 = x2 && !isX2();
        boolean leaves = !enable && isPresent();
        base = value;
        if (entersX2) {
            logicalDestination = x2LogicalDestination();
            commandHigh = 0;
        } else if (leaves) {
            init();
        }
        return true;
    }

    /** Whether it is enabled in IA32_APIC_BASE. */
    public boolean isPresent() {
        return (base & BASE_ENABLE) != 0;
    }

    /** Whether its registers are MSRs. */
    public boolean isX2() {
        return (base & BASE_X2APIC) != 0;
    }

    /** The page on which its registers answer, or -1 while they do not answer in memory. */
    public long mmioPage() {
        long now = base;
        return (now & (BASE_ENABLE | BASE_X2APIC)) == BASE_ENABLE ? now & ~0xfffL : -1;
    }

    boolean enabled() {
        return isPresent() && (spurious & SVR_ENABLE) != 0;
    }

    private int x2LogicalDestination() {
        return id >>> 4 << 16 | 1 << (id & 15);
    }

    // Destinations (12.6.2, 12.12.10)

    boolean matches(int destination, boolean logical) {
        if (!isPresent()) {
            return false;
        }
        if (destination == -1) {
            return true;
        }
        if (!logical) {
            return destination == id;
        }
        int mine = logicalDestination;
        if (isX2()) {
            return (destination ^ mine) >>> 16 == 0 && (destination & mine & 0xffff) != 0;
        }
        mine >>>= 24;
        if (destinationFormat >>> 28 == 0xf) {
            return (destination & mine & 0xff) != 0;
        }
        int cluster = destination >>> 4;
        return (cluster == 0xf || cluster == mine >>> 4) && (destination & mine & 0xf) != 0;
    }

    // What arrives

    /**
     * Takes a message that was sent to this APIC. Any thread.
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
            if (level) {
                tmr.set(vector);
            } else {
                tmr.clear(vector);
            }
            irr.set(vector);
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

    /** Latches an NMI that the CPU had taken over but not delivered, or that a restored state brings. */
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

    /** The vector that {@link #acknowledge} would deliver, or -1: the highest in IRR above the processor priority. */
    public int deliverable() {
        int vector = irr.highest();
        return vector >= 0 && isPresent() && vector >>> 4 > processorPriority() >>> 4 ? vector : -1;
    }

    /** Moves {@link #deliverable} into service and returns it; -1 if there is none. */
    public int acknowledge() {
        int vector = deliverable();
        if (vector >= 0) {
            irr.clear(vector);
            isr.set(vector);
        }
        return vector;
    }

    void endOfInterrupt() {
        int vector = isr.highest();
        if (vector < 0) {
            return;
        }
        isr.clear(vector);
        if (tmr.contains(vector)) {
            port.endOfInterrupt(vector);
        }
        noteDeliverable();
    }

    /** CR8: bits 4-7 of the task priority (12.8.6). */
    public int cr8() {
        return taskPriority >>> 4;
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
        taskPriority = value & 0xff;
        noteDeliverable();
    }

    int taskPriority() {
        return taskPriority;
    }

    int processorPriority() {
        int inService = Math.max(isr.highest(), 0) & 0xf0;
        int task = taskPriority;
        return task >>> 4 >= inService >>> 4 ? task : inService;
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

    // Commands (12.6.1, 12.12.9, 12.12.11)

    void command(int low, int high) {
        commandLow = low & 0x000c_cfff;
        commandHigh = high;
        int delivery = low >>> 8 & 7;
        int vector = low & 0xff;
        boolean deassert = (low & 1 << 14) == 0;
        if (delivery <= Delivery.LOWEST_PRIORITY && vector < FIRST_LEGAL_VECTOR) {
            reportError(ErrorStatus.SEND_ILLEGAL_VECTOR);
            return;
        }
        if (delivery == Delivery.INIT && deassert && (low & 1 << 15) != 0 || delivery == 3 || delivery == 7) {
            // INIT level de-assert only set arbitration IDs, which no longer exist; the others are reserved.
            return;
        }
        ApicBus sendTo = bus;
        if (sendTo == null) {
            return;
        }
        switch (low >>> 18 & 3) {
            case 1 -> accept(delivery, vector, false);
            case 2 -> sendTo.deliverToAll(delivery, vector);
            case 3 -> sendTo.deliverToOthers(this, delivery, vector);
            default -> {
                int destination = isX2() ? high : high >>> 24 == 0xff ? -1 : high >>> 24;
                sendTo.deliver(destination, (low & 1 << 11) != 0, delivery, vector, false);
            }
        }
    }

    void sendToSelf(int vector) {
        if (vector < FIRST_LEGAL_VECTOR) {
            reportError(ErrorStatus.SEND_ILLEGAL_VECTOR);
        } else {
            accept(Delivery.FIXED, vector, false);
        }
    }

    // Registers, for RegisterFile and LocalApicState

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

    RegisterFile registers() {
        return registers;
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

    ApicTimer timer() {
        return timer;
    }

    ErrorStatus errors() {
        return errors;
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

    int logicalDestination() {
        return logicalDestination;
    }

    void setLogicalDestination(int value) {
        logicalDestination = value;
    }

    int destinationFormat() {
        return destinationFormat;
    }

    void setDestinationFormat(int value) {
        destinationFormat = value;
    }

    int commandLow() {
        return commandLow;
    }

    int commandHigh() {
        return commandHigh;
    }

    void setCommandHigh(int value) {
        commandHigh = value;
    }

    int localVector(int register) {
        return table.get(register);
    }

    void setLocalVector(int register, int value) {
        table.set(register, value, (spurious & SVR_ENABLE) != 0);
        if (register == ApicRegister.LVT_TIMER) {
            timer.setMode(LocalVectorTable.timerMode(value));
        } else if (register == ApicRegister.LVT_LINT0 && extIntPending()) {
            port.wake();
        }
    }

    void loadBase(long value) {
        base = value;
    }

    void loadPriorities(int task, int spuriousVector, int logical, int format) {
        taskPriority = task;
        spurious = spuriousVector;
        logicalDestination = isX2() ? x2LogicalDestination() : logical;
        destinationFormat = format;
    }

    void loadCommand(int low, int high) {
        commandLow = low;
        commandHigh = high;
    }

    void loadLocalVector(int register, int value) {
        // Firmware's LINT0 = ExtINT may stand unmasked in an APIC that is not enabled yet.
        table.set(register, value, true);
    }
}
