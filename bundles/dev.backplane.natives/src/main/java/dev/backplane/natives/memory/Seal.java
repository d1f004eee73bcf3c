package dev.backplane.natives.memory;

/** What can no longer happen to a memory file (fcntl(2), F_ADD_SEALS). */
public enum Seal {
    /** No further seals. */
    SEAL,
    /** The file cannot become shorter, so that no mapping of it can fault. */
    SHRINK,
    /** The file cannot become longer. */
    GROW,
    /** Its contents never change; private mappings may still be written. */
    WRITE,
    /** No new writable access; shared mappings that exist stay writable. */
    FUTURE_WRITE
}
