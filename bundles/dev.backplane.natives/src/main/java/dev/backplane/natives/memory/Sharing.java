package dev.backplane.natives.memory;

/** Who sees a mapping's writes. */
public enum Sharing {
    /** Writes go to the file, and to everyone who maps it. */
    SHARED,
    /**
     * Writes copy the page. A page that was not written yet still shows what others write to the file, so a clone is only
     * sound over a file that no longer changes.
     */
    PRIVATE
}
