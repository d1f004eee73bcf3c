package dev.backplane.x86.apic;

/** The time scales on which a vCPU's APIC timer counts. Called on the vCPU's thread. Both stop while the VM is stopped. */
public interface ApicClock {
    /** Guest time in nanoseconds; one nanosecond is one undivided cycle of the timer's input (1 GHz). */
    long nanos();

    /** This vCPU's time-stamp counter, IA32_TSC_ADJUST included. */
    long tsc();

    /** The guest time, rounded up, at which {@link #tsc} reaches {@code tsc}; {@link Long#MAX_VALUE} if that is too far. */
    long nanosOfTsc(long tsc);
}
