package dev.backplane.natives.file;

/** What an open file is for. */
public enum OpenMode {
    READ,
    READ_WRITE
}
