package dev.backplane.x86.apic;

/** Delivery modes as ICR, local vector table, I/O APIC and MSI data encode them in bits 8-10 (12.5.1, 12.6.1). */
final class Delivery {
    static final int FIXED = 0;
    static final int LOWEST_PRIORITY = 1;
    static final int SMI = 2;
    static final int RESERVED = 3;
    static final int NMI = 4;
    static final int INIT = 5;
    static final int STARTUP = 6;
    static final int EXTINT = 7;

    private Delivery() {}
}
