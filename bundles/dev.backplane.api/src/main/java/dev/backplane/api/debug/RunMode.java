package dev.backplane.api.debug;

/** How a vCPU goes on after a stop. */
public enum RunMode {
    /** Until something stops it. */
    RUN,
    /** For one instruction. Interrupts wait meanwhile, unless it has executed HLT: then they are what it waits for. */
    STEP,
    /** It stands still while others go on. */
    STAY
}
