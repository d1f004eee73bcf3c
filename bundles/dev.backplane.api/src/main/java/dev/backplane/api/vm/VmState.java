package dev.backplane.api.vm;

/** Where a machine is in its life. */
public enum VmState {
    /** Known, nothing allocated. */
    DEFINED,
    /** Its parts are being made. */
    WIRING,
    /** Everything is in place, no vCPU has run. */
    READY,
    /** It runs. */
    RUNNING,
    /** It stands still with its clock. */
    PAUSED,
    /** It has ended by itself or was stopped. */
    STOPPED,
    /** It cannot go on; the outcome says why. */
    FAILED
}
