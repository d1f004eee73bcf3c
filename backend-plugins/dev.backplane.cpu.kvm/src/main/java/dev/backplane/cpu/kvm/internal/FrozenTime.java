package dev.backplane.cpu.kvm.internal;

/**
 * What moves by itself in a vCPU, as of when the guest's clock stopped. The host's timers go on while a machine stands: this is
 * what they are set back to.
 *
 * @param tsc the time stamp counter
 * @param tscAdjust its distance from the machine's clock
 * @param tscDeadline IA32_TSC_DEADLINE, in the same units
 * @param timerDueNanos when the APIC's timer expires, in nanoseconds of the guest's clock; 0: not in a mode that counts, or not
 *     armed
 * @param initialCount the APIC timer's initial count
 */
record FrozenTime(long tsc, long tscAdjust, long tscDeadline, long timerDueNanos, int initialCount) {}
