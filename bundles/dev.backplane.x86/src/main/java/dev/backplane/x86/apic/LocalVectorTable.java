package dev.backplane.x86.apic;

/** The local vector table (12.5.1). Written on the vCPU's thread; read by whoever raises a pin or reports an error. */
final class LocalVectorTable {
    static final int MASKED = 1 << 16;
    private static final int FIRST = ApicRegister.LVT_TIMER;
    private static final int ENTRIES = 6;
    /** Vector and mask, everywhere; the timer has its mode, the others a delivery mode, the pins polarity and trigger. */
    private static final int[] WRITABLE = {0x700ff, 0x107ff, 0x107ff, 0x1a7ff, 0x1a7ff, 0x100ff};

    private volatile int timer;
    private volatile int thermal;
    private volatile int performance;
    private volatile int lint0;
    private volatile int lint1;
    private volatile int error;

    static boolean contains(int offset) {
        return offset >= FIRST && offset < FIRST + ENTRIES * 0x10;
    }

    /** The bits of a register that may be written; in x2APIC mode the others fault. */
    static int writable(int offset) {
        return WRITABLE[offset - FIRST >>> 4];
    }

    int get(int offset) {
        return switch (offset) {
            case ApicRegister.LVT_TIMER -> timer;
            case ApicRegister.LVT_THERMAL -> thermal;
            case ApicRegister.LVT_PERFORMANCE -> performance;
            case ApicRegister.LVT_LINT0 -> lint0;
            case ApicRegister.LVT_LINT1 -> lint1;
            default -> error;
        };
    }

    /** Stores an entry; while the APIC is disabled by software the mask bit cannot be cleared (12.4.7.2). */
    void set(int offset, int value, boolean enabled) {
        int entry = value & writable(offset) | (enabled ? 0 : MASKED);
        switch (offset) {
            case ApicRegister.LVT_TIMER -> timer = entry;
            case ApicRegister.LVT_THERMAL -> thermal = entry;
            case ApicRegister.LVT_PERFORMANCE -> performance = entry;
            case ApicRegister.LVT_LINT0 -> lint0 = entry;
            case ApicRegister.LVT_LINT1 -> lint1 = entry;
            default -> error = entry;
        }
    }

    void maskAll() {
        for (int i = 0; i < ENTRIES; i++) {
            int offset = FIRST + i * 0x10;
            set(offset, get(offset), false);
        }
    }

    void reset() {
        for (int i = 0; i < ENTRIES; i++) {
            set(FIRST + i * 0x10, 0, false);
        }
    }

    static boolean masked(int entry) {
        return (entry & MASKED) != 0;
    }

    static int vector(int entry) {
        return entry & 0xff;
    }

    static int delivery(int entry) {
        return entry >>> 8 & 7;
    }

    static int timerMode(int entry) {
        return entry >>> 17 & 3;
    }
}
