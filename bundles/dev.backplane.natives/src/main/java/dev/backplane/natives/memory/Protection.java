package dev.backplane.natives.memory;

/** What a mapping's pages allow (mmap(2), PROT_*). */
public enum Protection {
    NONE,
    READ,
    READ_WRITE,
    READ_EXECUTE,
    READ_WRITE_EXECUTE
}
