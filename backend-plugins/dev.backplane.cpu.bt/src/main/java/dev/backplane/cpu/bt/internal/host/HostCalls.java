package dev.backplane.cpu.bt.internal.host;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The few calls of the C library that executable memory takes. Linux on x86-64; thread-safe. */
final class HostCalls {
    static final int PROT_NONE = 0;
    static final int PROT_READ = 1;
    static final int PROT_WRITE = 2;
    static final int PROT_EXEC = 4;
    static final int MAP_SHARED = 1;
    static final int MAP_PRIVATE = 2;
    static final int MAP_FIXED = 0x10;
    static final int MAP_ANONYMOUS = 0x20;
    static final int MAP_NORESERVE = 0x4000;

    private static final int MADV_DONTNEED = 4;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private final MethodHandle mmap;
    private final MethodHandle munmap;
    private final MethodHandle madvise;
    private final MethodHandle memfdCreate;
    private final MethodHandle ftruncate;
    private final MethodHandle close;
    private final MethodHandle getauxval;

    HostCalls() {
        mmap = handle("mmap", LONG, LONG, LONG, INT, INT, INT, LONG);
        munmap = handle("munmap", INT, LONG, LONG);
        madvise = handle("madvise", INT, LONG, LONG, INT);
        memfdCreate = handle("memfd_create", INT, ValueLayout.ADDRESS, INT);
        ftruncate = handle("ftruncate", INT, INT, LONG);
        close = handle("close", INT, INT);
        getauxval = handle("getauxval", LONG, LONG);
    }

    @SuppressWarnings("restricted")
    private static MethodHandle handle(String name, MemoryLayout result, MemoryLayout... arguments) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, arguments));
    }

    /** Maps {@code length} bytes; {@code descriptor} -1 for anonymous memory, {@code at} 0 for anywhere. */
    long map(long at, long length, int protection, int flags, int descriptor) {
        long address;
        try {
            address = (long) mmap.invokeExact(at, length, protection, flags, descriptor, 0L);
        } catch (Throwable e) {
            throw failed("mmap", e);
        }
        if (address == -1) {
            throw new HostException("mmap of %d bytes with protection %d was refused".formatted(length, protection));
        }
        return address;
    }

    void unmap(long address, long length) {
        try {
            int ignored = (int) munmap.invokeExact(address, length);
        } catch (Throwable e) {
            throw failed("munmap", e);
        }
    }

    /** Gives back the pages of a mapping of a file, which keeps what they have. Where that is refused, they stay. */
    void forget(long address, long length) {
        try {
            int ignored = (int) madvise.invokeExact(address, length, MADV_DONTNEED);
        } catch (Throwable e) {
            throw failed("madvise", e);
        }
    }

    /** A memory file of a size; the caller closes it. */
    int memoryFile(String name, long length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom(name);
            int closeOnExec = 1;
            int descriptor = (int) memfdCreate.invokeExact(text, closeOnExec);
            if (descriptor < 0) {
                throw new HostException("memfd_create was refused");
            }
            if ((int) ftruncate.invokeExact(descriptor, length) != 0) {
                close(descriptor);
                throw new HostException("ftruncate of a memory file to %d bytes was refused".formatted(length));
            }
            return descriptor;
        } catch (HostException e) {
            throw e;
        } catch (Throwable e) {
            throw failed("memfd_create", e);
        }
    }

    void close(int descriptor) {
        try {
            int ignored = (int) close.invokeExact(descriptor);
        } catch (Throwable e) {
            throw failed("close", e);
        }
    }

    /** A value that the kernel gave the process at its start (getauxval(3)). */
    long auxiliary(long type) {
        try {
            return (long) getauxval.invokeExact(type);
        } catch (Throwable e) {
            throw failed("getauxval", e);
        }
    }

    private static HostException failed(String call, Throwable e) {
        return new HostException(call + " could not be called: " + e);
    }
}
