package dev.backplane.kernel.internal.bay;

/** What is in a bay, and whether it works. */
public enum BayState {
    /** Nothing sits in it; what arrives is parked. */
    VACANT,
    /** The part works. */
    RUNNING,
    /** The part is at rest; what arrives is parked. */
    QUIESCED,
    /** The part had to be given up; what arrives is parked. */
    FAILED
}
