package dev.backplane.api.storage.image;

/** What a check does about what it finds. */
public enum CheckMode {
    /** It tells; nothing is written. */
    REPORT,
    /** What is in use by nobody is given up, which cannot do harm. */
    REPAIR_LEAKS,
    /** Everything is repaired, also where data may be lost by it. */
    REPAIR_ALL
}
