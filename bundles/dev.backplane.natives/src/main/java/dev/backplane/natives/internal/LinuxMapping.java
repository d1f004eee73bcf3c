package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.file.HostFile;
import dev.backplane.natives.memory.Advice;
import dev.backplane.natives.memory.HostMapping;
import dev.backplane.natives.memory.Protection;
import dev.backplane.natives.memory.Sharing;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;

/** A mapping and the arena that its segment lives in. Changes happen under the monitor, so that none outlives the unmapping. */
final class LinuxMapping implements HostMapping {
    private final SystemCalls calls;
    private final long pageSizeBytes;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment segment;

    LinuxMapping(SystemCalls calls, long pageSizeBytes, long address, long lengthBytes) {
        this(calls, pageSizeBytes, address, lengthBytes, address, lengthBytes);
    }

    /** One with more {@code around} it, of {@code aroundBytes} together, that is unmapped with it. */
    @SuppressWarnings("restricted") // the address and the length are what mmap gave
    LinuxMapping(SystemCalls calls, long pageSizeBytes, long address, long lengthBytes, long around, long aroundBytes) {
        this.calls = calls;
        this.pageSizeBytes = pageSizeBytes;
        this.segment = MemorySegment.ofAddress(address)
                .reinterpret(lengthBytes, arena, mapped -> calls.libc().munmap(around, aroundBytes));
    }

    /** Maps a file's range, at {@code address} exactly unless that is 0. */
    static long mapFile(
            HostFile file, long address, long offset, long lengthBytes, Protection protection, Sharing sharing)
            throws HostException {
        if (!(file instanceof LinuxFile linuxFile)) {
            throw new IllegalArgumentException("not a file of this host: " + file);
        }
        String call = "mmap(%s, offset %d, %d bytes, %s, %s)"
                .formatted(linuxFile.descriptor.name(), offset, lengthBytes, protection, sharing);
        long sizeBytes = file.sizeBytes();
        if (offset < 0 || lengthBytes > sizeBytes - offset) {
            throw new HostException(call, "EINVAL", "the range does not lie inside the file's " + sizeBytes + " bytes");
        }
        int flags = address == 0 ? 0 : Linux.MAP_FIXED;
        // A private mapping is sized for the worst case otherwise, and a clone of a large VM refused on a small host.
        int all = flags | (sharing == Sharing.SHARED ? Linux.MAP_SHARED : Linux.MAP_PRIVATE | Linux.MAP_NORESERVE);
        return linuxFile.descriptor.check(
                (libc, fd) -> libc.mmap(address, lengthBytes, bits(protection), all, fd, offset), "%2$s", call);
    }

    static int bits(Protection protection) {
        return switch (protection) {
            case NONE -> 0;
            case READ -> Linux.PROT_READ;
            case READ_WRITE -> Linux.PROT_READ | Linux.PROT_WRITE;
            case READ_EXECUTE -> Linux.PROT_READ | Linux.PROT_EXEC;
            case READ_WRITE_EXECUTE -> Linux.PROT_READ | Linux.PROT_WRITE | Linux.PROT_EXEC;
        };
    }

    @Override
    public MemorySegment segment() {
        return segment;
    }

    @Override
    public synchronized void replace(
            long offset, HostFile file, long fileOffset, long lengthBytes, Protection protection, Sharing sharing)
            throws HostException {
        mapFile(file, addressOf(offset, lengthBytes), fileOffset, lengthBytes, protection, sharing);
    }

    @Override
    public synchronized void clear(long offset, long lengthBytes, Protection protection) throws HostException {
        long address = addressOf(offset, lengthBytes);
        int flags = Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS | Linux.MAP_NORESERVE | Linux.MAP_FIXED;
        calls.check(
                libc -> libc.mmap(address, lengthBytes, bits(protection), flags, -1, 0),
                "mmap(anonymous, offset %d, %d bytes, %s)",
                offset,
                lengthBytes,
                protection);
    }

    @Override
    public synchronized BitSet ownPages(long offset, long lengthBytes) throws HostException {
        return PageMap.own(addressOf(offset, lengthBytes), lengthBytes, pageSizeBytes);
    }

    @Override
    public synchronized void protect(long offset, long lengthBytes, Protection protection) throws HostException {
        long address = addressOf(offset, lengthBytes);
        calls.check(
                libc -> libc.mprotect(address, lengthBytes, bits(protection)),
                "mprotect(offset %d, %d bytes, %s)",
                offset,
                lengthBytes,
                protection);
    }

    @Override
    public synchronized void advise(long offset, long lengthBytes, Advice advice) throws HostException {
        long address = addressOf(offset, lengthBytes);
        calls.check(
                libc -> libc.madvise(address, lengthBytes, number(advice)),
                "madvise(offset %d, %d bytes, %s)",
                offset,
                lengthBytes,
                advice);
    }

    @Override
    public synchronized void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    private long addressOf(long offset, long lengthBytes) {
        if (!arena.scope().isAlive()) {
            throw new IllegalStateException("the mapping is closed");
        }
        boolean aligned = offset % pageSizeBytes == 0 && lengthBytes % pageSizeBytes == 0;
        if (!aligned || offset < 0 || lengthBytes <= 0 || offset > segment.byteSize() - lengthBytes) {
            throw new IllegalArgumentException("offset %d, %d bytes: expected pages of %d bytes inside a mapping of %d"
                    .formatted(offset, lengthBytes, pageSizeBytes, segment.byteSize()));
        }
        return segment.address() + offset;
    }

    private static int number(Advice advice) {
        return switch (advice) {
            case DONT_NEED -> Linux.MADV_DONTNEED;
            case REMOVE -> Linux.MADV_REMOVE;
            case HUGE_PAGE -> Linux.MADV_HUGEPAGE;
            case NO_HUGE_PAGE -> Linux.MADV_NOHUGEPAGE;
            case DONT_DUMP -> Linux.MADV_DONTDUMP;
            case WILL_NEED -> Linux.MADV_WILLNEED;
        };
    }
}
