package dev.backplane.api.device;

/** What is reset. New kinds may be added: treat an unknown one as {@link #SYSTEM}. */
public enum ResetKind {
    /** The whole machine, as by its reset line. */
    SYSTEM,
    /** This device alone. */
    DEVICE
}
