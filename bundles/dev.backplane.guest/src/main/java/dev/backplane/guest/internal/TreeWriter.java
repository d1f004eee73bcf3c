package dev.backplane.guest.internal;

import java.io.IOException;

/**
 * Takes the files of a guest, for an initramfs or a file system. Everything is root's. Paths have no leading slash, and a folder comes
 * before what is in it.
 */
public interface TreeWriter {
    /** A folder. */
    void directory(String path, int permissions) throws IOException;

    /** A regular file. */
    void file(String path, int permissions, byte[] content) throws IOException;

    /** A link to a path, which need not be there. */
    void symbolicLink(String path, String target) throws IOException;

    /** A character device; both numbers are below 256. */
    void characterDevice(String path, int permissions, int major, int minor) throws IOException;

    /** Ends it: nothing is whole before. */
    void finish() throws IOException;
}
