package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.file.HostFile;
import dev.backplane.natives.memory.HostMapping;
import dev.backplane.natives.memory.HostMemory;
import dev.backplane.natives.memory.MemoryFile;
import dev.backplane.natives.memory.Protection;
import dev.backplane.natives.memory.Sharing;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Makes memory files and mappings. */
final class LinuxMemory implements HostMemory {
    private static final Path MAX_MAP_COUNT = Path.of("/proc/sys/vm/max_map_count");

    /** The kernel's default. */
    private static final int MOST_MAPPINGS = 65_530;

    private final SystemCalls calls;
    private final long pageSizeBytes;

    LinuxMemory(SystemCalls calls) {
        this.calls = calls;
        this.pageSizeBytes = calls.libc().getpagesize();
    }

    @Override
    public long pageSizeBytes() {
        return pageSizeBytes;
    }

    @Override
    public int mostMappings() {
        // In one read: the kernel gives a number no second part, and the JDK's own ways read it byte by byte.
        try (InputStream file = Files.newInputStream(MAX_MAP_COUNT)) {
            byte[] digits = new byte[32];
            int length = Math.max(0, file.read(digits));
            return Integer.parseInt(new String(digits, 0, length, StandardCharsets.US_ASCII).strip());
        } catch (IOException | NumberFormatException e) {
            return MOST_MAPPINGS;
        }
    }

    @Override
    public MemoryFile createFile(String name, long sizeBytes) throws HostException {
        int flags = Linux.MFD_CLOEXEC | Linux.MFD_ALLOW_SEALING;
        long fd = calls.check(libc -> libc.memfd_create(name, flags), "memfd_create(%s)", name);
        LinuxMemoryFile file = new LinuxMemoryFile(Descriptor.of(calls, "memfd:" + name, fd));
        try {
            file.resize(sizeBytes);
        } catch (HostException e) {
            file.close();
            throw e;
        }
        return file;
    }

    @Override
    public HostMapping allocate(long lengthBytes, Protection protection) throws HostException {
        int flags = Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS | Linux.MAP_NORESERVE;
        checkLength(lengthBytes);
        long address = calls.check(
                libc -> libc.mmap(0, lengthBytes, LinuxMapping.bits(protection), flags, -1, 0),
                "mmap(anonymous, %d bytes, %s)",
                lengthBytes,
                protection);
        return new LinuxMapping(calls, pageSizeBytes, address, lengthBytes);
    }

    @Override
    public HostMapping map(HostFile file, long offset, long lengthBytes, Protection protection, Sharing sharing)
            throws HostException {
        checkLength(lengthBytes);
        long guarded = (lengthBytes + pageSizeBytes - 1) / pageSizeBytes * pageSizeBytes + 2 * pageSizeBytes;
        int flags = Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS | Linux.MAP_NORESERVE;
        long around = calls.check(
                libc -> libc.mmap(0, guarded, LinuxMapping.bits(Protection.NONE), flags, -1, 0),
                "mmap(anonymous, %d bytes, NONE)",
                guarded);
        try {
            long address = LinuxMapping.mapFile(file, around + pageSizeBytes, offset, lengthBytes, protection, sharing);
            return new LinuxMapping(calls, pageSizeBytes, address, lengthBytes, around, guarded);
        } catch (HostException | RuntimeException e) {
            calls.libc().munmap(around, guarded);
            throw e;
        }
    }

    private static void checkLength(long lengthBytes) {
        if (lengthBytes <= 0) {
            throw new IllegalArgumentException("a mapping of " + lengthBytes + " bytes: the length must be positive");
        }
    }
}
