package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.memory.MemoryFile;
import dev.backplane.natives.memory.Seal;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.EnumSet;
import java.util.Set;

/** A memfd. */
final class LinuxMemoryFile extends LinuxFile implements MemoryFile {

    LinuxMemoryFile(Descriptor descriptor) {
        super(descriptor);
    }

    @Override
    public void resize(long sizeBytes) throws HostException {
        descriptor.check((libc, fd) -> libc.ftruncate(fd, sizeBytes), "ftruncate(%s, %d)", sizeBytes);
    }

    @Override
    public void write(long offset, MemorySegment source) throws HostException {
        long done = 0;
        while (done < source.byteSize()) {
            long at = done;
            done += descriptor.check(
                    (libc, fd) -> libc.pwrite(fd, source.address() + at, source.byteSize() - at, offset + at),
                    "pwrite(%s, offset %d, %d bytes)",
                    offset + at,
                    source.byteSize() - at);
        }
        Reference.reachabilityFence(source);
    }

    @Override
    public void seal(Set<Seal> seals) throws HostException {
        int bits = 0;
        for (Seal seal : seals) {
            bits |= bit(seal);
        }
        int wanted = bits;
        descriptor.check((libc, fd) -> libc.fcntl(fd, Linux.F_ADD_SEALS, wanted), "fcntl(%s, F_ADD_SEALS, %s)", seals);
    }

    @Override
    public Set<Seal> seals() throws HostException {
        long bits = descriptor.check((libc, fd) -> libc.fcntl(fd, Linux.F_GET_SEALS, 0), "fcntl(%s, F_GET_SEALS)");
        Set<Seal> seals = EnumSet.noneOf(Seal.class);
        for (Seal seal : Seal.values()) {
            if ((bits & bit(seal)) != 0) {
                seals.add(seal);
            }
        }
        return seals;
    }

    private static int bit(Seal seal) {
        return switch (seal) {
            case SEAL -> 1;
            case SHRINK -> 2;
            case GROW -> 4;
            case WRITE -> 8;
            case FUTURE_WRITE -> 16;
        };
    }
}
