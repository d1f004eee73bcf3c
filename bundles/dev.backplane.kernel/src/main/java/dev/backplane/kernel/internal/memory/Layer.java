package dev.backplane.kernel.internal.memory;

import dev.backplane.natives.HostException;
import dev.backplane.natives.file.HostFile;
import dev.backplane.natives.memory.MemoryFile;
import dev.backplane.natives.memory.Seal;
import java.util.EnumSet;
import org.jspecify.annotations.Nullable;

/**
 * A file that holds pages of machines' RAM and that nobody writes any more, each page at its own offset. Those who use it
 * hold it; the last to let go closes it.
 */
final class Layer {
    private final HostFile file;
    /** Null for a file of the host's file system, which nobody can seal. */
    private final @Nullable MemoryFile sealable;

    private int holders = 1;
    private boolean sealed;

    private Layer(HostFile file, @Nullable MemoryFile sealable) {
        this.file = file;
        this.sealable = sealable;
    }

    /** A file in memory that is written no longer, held once. */
    static Layer of(MemoryFile file) {
        return new Layer(file, file);
    }

    /** A file of the host's file system, held once. */
    static Layer of(HostFile file) {
        return new Layer(file, null);
    }

    /** Whether it is one of the host's file system. */
    boolean isBorrowed() {
        return sealable == null;
    }

    HostFile file() {
        return file;
    }

    synchronized Layer hold() {
        if (holders == 0) {
            throw new IllegalStateException("this memory is closed");
        }
        holders++;
        return this;
    }

    synchronized void release() {
        if (--holders == 0) {
            file.close();
        }
    }

    /** Has the host's kernel see to it that nobody writes, before somebody else stands on it. */
    synchronized void seal() throws HostException {
        if (sealable != null && !sealed) {
            sealable.seal(EnumSet.of(Seal.WRITE, Seal.SHRINK, Seal.GROW, Seal.SEAL));
            sealed = true;
        }
    }
}
