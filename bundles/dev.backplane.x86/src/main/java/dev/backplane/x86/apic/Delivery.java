package dev.backplane.x86.apic;

/** Delivery modes as ICR, local vector table, I/O APIC and MSI data encode them in bits 8-10 (12.5.1, 12.6.1). */
public final class Delivery {
    public static final int FIXED = 0;
    public static final int LOWEST_PRIORITY = 1;
    public static final int SMI = 2;
    public static final int RESERVED = 3;
    public static final int NMI = 4;
    public static final int INIT = 5;
    public static final int STARTUP = 6;
    public static final int EXTINT = 7;

    private Delivery() {}
}
