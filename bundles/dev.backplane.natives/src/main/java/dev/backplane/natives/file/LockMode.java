package dev.backplane.natives.file;

/** What a lock excludes. */
public enum LockMode {
    /** Other shared locks may stand beside it. */
    SHARED,
    /** No other lock stands beside it. */
    EXCLUSIVE
}
