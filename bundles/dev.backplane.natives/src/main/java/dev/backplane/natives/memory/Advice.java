package dev.backplane.natives.memory;

/** What to expect of a range of a mapping (madvise(2)). */
public enum Advice {
    /**
     * Give the pages back. Private memory reads as zeros or as the file afterwards; shared memory keeps its contents: use
     * {@link #REMOVE} there.
     */
    DONT_NEED,
    /** Give the pages back and free the range in the file below; it reads as zeros for everyone. Shared mappings only. */
    REMOVE,
    /** Use huge pages where the range allows. */
    HUGE_PAGE,
    /** Use no huge pages. */
    NO_HUGE_PAGE,
    /** Leave the range out of core dumps. */
    DONT_DUMP,
    /** Read the pages in soon. */
    WILL_NEED
}
