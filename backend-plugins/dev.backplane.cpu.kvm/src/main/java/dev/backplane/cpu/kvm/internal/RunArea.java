package dev.backplane.cpu.kvm.internal;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** {@code struct kvm_run}: why a guest was left, and the data of that. The vCPU's thread; allocates nothing but in {@link #ioData}. */
final class RunArea {
    static final int IO = 2;
    static final int HLT = 5;
    static final int MMIO = 6;
    static final int IRQ_WINDOW_OPEN = 7;
    static final int SHUTDOWN = 8;
    static final int FAIL_ENTRY = 9;
    static final int INTR = 10;
    static final int INTERNAL_ERROR = 17;
    static final int IOAPIC_EOI = 26;
    static final int RDMSR = 29;
    static final int WRMSR = 30;

    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private static final long REQUEST_WINDOW = 0;
    private static final long EXIT_REASON = 8;
    private static final long READY_FOR_INTERRUPT = 12;
    private static final long IO_DIRECTION = 32;
    private static final long IO_SIZE = 33;
    private static final long IO_PORT = 34;
    private static final long IO_COUNT = 36;
    private static final long IO_DATA_OFFSET = 40;
    private static final long MMIO_ADDRESS = 32;
    private static final long MMIO_DATA = 40;
    private static final long MMIO_LENGTH = 48;
    private static final long MMIO_IS_WRITE = 52;
    private static final long EOI_VECTOR = 32;
    private static final long MSR_ERROR = 32;
    private static final long MSR_INDEX = 44;
    private static final long ENTRY_FAILURE = 32;
    private static final long SUBERROR = 32;
    private static final long ERROR_DATA_COUNT = 36;
    private static final long ERROR_DATA = 40;
    private static final long INSTRUCTION_SIZE = 48;
    private static final long INSTRUCTION = 49;
    private static final int MOST_INSTRUCTION_BYTES = 15;
    private static final long VALID_REGISTERS = 288;
    private static final long DIRTY_REGISTERS = 296;
    private static final long REGISTERS = 304;
    private static final long EVENTS = REGISTERS + 456;
    private static final long SYNC_REGISTERS = 1;
    private static final long SYNC_EVENTS = 4;

    private final MemorySegment area;

    RunArea(MemorySegment area) {
        this.area = area;
    }

    /** Asks for registers and events with each exit (KVM_CAP_SYNC_REGS), which costs no call. */
    void shareRegisters() {
        area.set(LONG, VALID_REGISTERS, SYNC_REGISTERS | SYNC_EVENTS);
    }

    int reason() {
        return area.get(INT, EXIT_REASON);
    }

    static String reasonName(int reason) {
        return switch (reason) {
            case IO -> "port access";
            case HLT -> "hlt";
            case MMIO -> "memory access";
            case SHUTDOWN -> "triple fault";
            case FAIL_ENTRY -> "entry refused";
            case INTR -> "kicked";
            case INTERNAL_ERROR -> "not emulated";
            default -> String.valueOf(reason);
        };
    }

    // Interrupts of the 8259 pair

    /** Whether the guest takes an external interrupt now: as of the last exit. */
    boolean readyForInterrupt() {
        return area.get(BYTE, READY_FOR_INTERRUPT) != 0;
    }

    /** Lets the guest be left as soon as it takes an external interrupt. */
    void requestWindow(boolean wanted) {
        area.set(BYTE, REQUEST_WINDOW, (byte) (wanted ? 1 : 0));
    }

    /** Delivers an interrupt with the next entry. Only while {@link #readyForInterrupt}. */
    void inject(int vector) {
        area.set(BYTE, EVENTS + EventLayout.INTERRUPT_INJECTED, (byte) 1);
        area.set(BYTE, EVENTS + EventLayout.INTERRUPT_NUMBER, (byte) vector);
        area.set(BYTE, EVENTS + EventLayout.INTERRUPT_SOFT, (byte) 0);
        // What may have changed since the exit, an NMI from another vCPU say, stays as it is in the host.
        area.set(INT, EVENTS + EventLayout.FLAGS, 0);
        area.set(LONG, DIRTY_REGISTERS, SYNC_EVENTS);
        area.set(BYTE, READY_FOR_INTERRUPT, (byte) 0);
    }

    /** Takes an {@link #inject} back that no entry has seen. */
    void forgetShared() {
        area.set(LONG, DIRTY_REGISTERS, 0);
        area.set(BYTE, READY_FOR_INTERRUPT, (byte) 0);
    }

    /** The instruction pointer as of the last exit. */
    long rip() {
        return area.get(LONG, REGISTERS + GeneralLayout.RIP);
    }

    // Port accesses: elements one after the other in the same pages

    boolean ioWrites() {
        return area.get(BYTE, IO_DIRECTION) != 0;
    }

    int ioSize() {
        return area.get(BYTE, IO_SIZE);
    }

    int ioPort() {
        return area.get(SHORT, IO_PORT) & 0xffff;
    }

    int ioCount() {
        return area.get(INT, IO_COUNT);
    }

    int ioElement(int index) {
        long at = ioAt(index);
        return switch (ioSize()) {
            case 1 -> area.get(BYTE, at) & 0xff;
            case 2 -> area.get(SHORT, at) & 0xffff;
            default -> area.get(INT, at);
        };
    }

    void ioElement(int index, int value) {
        long at = ioAt(index);
        switch (ioSize()) {
            case 1 -> area.set(BYTE, at, (byte) value);
            case 2 -> area.set(SHORT, at, (short) value);
            default -> area.set(INT, at, value);
        }
    }

    private long ioAt(int index) {
        return area.get(LONG, IO_DATA_OFFSET) + (long) index * ioSize();
    }

    /** The elements. */
    MemorySegment ioData() {
        return area.asSlice(area.get(LONG, IO_DATA_OFFSET), (long) ioCount() * ioSize());
    }

    // Memory accesses: up to eight bytes

    boolean mmioWrites() {
        return area.get(BYTE, MMIO_IS_WRITE) != 0;
    }

    long mmioAddress() {
        return area.get(LONG, MMIO_ADDRESS);
    }

    int mmioLength() {
        return area.get(INT, MMIO_LENGTH);
    }

    long mmioData(int from, int size) {
        long at = MMIO_DATA + from;
        return switch (size) {
            case 1 -> area.get(BYTE, at) & 0xffL;
            case 2 -> area.get(SHORT, at) & 0xffffL;
            case 4 -> area.get(INT, at) & 0xffff_ffffL;
            default -> area.get(LONG, at);
        };
    }

    void mmioData(int from, int size, long value) {
        long at = MMIO_DATA + from;
        switch (size) {
            case 1 -> area.set(BYTE, at, (byte) value);
            case 2 -> area.set(SHORT, at, (short) value);
            case 4 -> area.set(INT, at, (int) value);
            default -> area.set(LONG, at, value);
        }
    }

    // The others

    int eoiVector() {
        return area.get(BYTE, EOI_VECTOR) & 0xff;
    }

    int msrIndex() {
        return area.get(INT, MSR_INDEX);
    }

    /** Answers RDMSR or WRMSR with #GP. */
    void refuseMsr() {
        area.set(BYTE, MSR_ERROR, (byte) 1);
    }

    long entryFailure() {
        return area.get(LONG, ENTRY_FAILURE);
    }

    int suberror() {
        return area.get(INT, SUBERROR);
    }

    /** The bytes of the instruction that the host could not emulate; empty where it does not tell. */
    byte[] instruction() {
        boolean told = area.get(INT, ERROR_DATA_COUNT) > 0 && (area.get(LONG, ERROR_DATA) & 1) != 0;
        int size = told ? Math.clamp(area.get(BYTE, INSTRUCTION_SIZE), 0, MOST_INSTRUCTION_BYTES) : 0;
        return area.asSlice(INSTRUCTION, size).toArray(BYTE);
    }
}
