package dev.backplane.x86.apic;

/** IA32_APIC_BASE: whether the APIC is there, and how its registers are reached (12.4.4, 12.12.5). Read by any thread. */
final class ApicMode {
    private static final int BSP = 1 << 8;
    private static final int X2APIC = 1 << 10;
    private static final int ENABLE = 1 << 11;
    /** Bits 0-7 and 9; address bits that the CPU model lacks come on top. */
    private static final long RESERVED = 0x2ff;

    private static final long DEFAULT_ADDRESS = 0xfee0_0000L;
    private static final long PAGE = ~0xfffL;

    private volatile long base;

    ApicMode(boolean bootProcessor) {
        base = DEFAULT_ADDRESS | ENABLE | (bootProcessor ? BSP : 0);
    }

    long base() {
        return base;
    }

    void load(long saved) {
        base = saved;
    }

    /** Whether a value may be written: no reserved bit, and a change of mode that figure 12-27 has. */
    boolean accepts(long value, long reservedAddressBits) {
        boolean enable = (value & ENABLE) != 0;
        boolean x2 = (value & X2APIC) != 0;
        return (value & (RESERVED | reservedAddressBits)) == 0
                && (!x2 || enable && isPresent())
                && !(enable && !x2 && isX2());
    }

    boolean isPresent() {
        return (base & ENABLE) != 0;
    }

    boolean isX2() {
        return (base & X2APIC) != 0;
    }

    boolean isBootProcessor() {
        return (base & BSP) != 0;
    }

    long page() {
        long now = base;
        return (now & (ENABLE | X2APIC)) == ENABLE ? now & PAGE : -1;
    }
}
