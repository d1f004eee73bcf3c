package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.file.HostFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

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
    public final long nextData(long offset) throws HostException {
        try {
            return descriptor.check(
                    (libc, fd) -> libc.lseek(fd, offset, Linux.SEEK_DATA), "lseek(%s, %d, SEEK_DATA)", offset);
        } catch (HostException e) {
            if (e.errno().equals("ENXIO")) {
                return -1;
            }
            throw e;
        }
    }

    @Override
    public final long nextHole(long offset) throws HostException {
        return descriptor.check(
                (libc, fd) -> libc.lseek(fd, offset, Linux.SEEK_HOLE), "lseek(%s, %d, SEEK_HOLE)", offset);
    }

    @Override
    public final long occupiedBytes() throws HostException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment stat = arena.allocate(Linux.STAT_SIZE, 8);
            descriptor.check((libc, fd) -> libc.fstat(fd, stat.address()), "fstat(%s)");
            return stat.get(ValueLayout.JAVA_LONG, Linux.STAT_BLOCKS) * Linux.STAT_BLOCK_BYTES;
        }
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
