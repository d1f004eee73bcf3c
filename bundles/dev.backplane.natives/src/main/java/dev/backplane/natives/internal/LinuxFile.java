package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.file.HostFile;

/** A file over its descriptor. */
class LinuxFile implements HostFile {
    final Descriptor descriptor;

    LinuxFile(Descriptor descriptor) {
        this.descriptor = descriptor;
    }

    @Override
    public final long sizeBytes() throws HostException {
        // Nobody reads or writes at this descriptor's position.
        return descriptor.check((libc, fd) -> libc.lseek(fd, 0, Linux.SEEK_END), "lseek(%s, SEEK_END)");
    }

    @Override
    public final void punchHole(long offset, long lengthBytes) throws HostException {
        int mode = Linux.FALLOC_FL_PUNCH_HOLE | Linux.FALLOC_FL_KEEP_SIZE;
        descriptor.check(
                (libc, fd) -> libc.fallocate(fd, mode, offset, lengthBytes),
                "fallocate(%s, PUNCH_HOLE, offset %d, %d bytes)",
                offset,
                lengthBytes);
    }

    @Override
    public final int descriptor() {
        return descriptor.number();
    }

    @Override
    public final void close() {
        descriptor.close();
    }
}
