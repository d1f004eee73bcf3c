package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.file.FileLock;
import dev.backplane.natives.file.FileLockedException;
import dev.backplane.natives.file.HostFile;
import dev.backplane.natives.file.HostFiles;
import dev.backplane.natives.file.LockHolder;
import dev.backplane.natives.file.LockMode;
import dev.backplane.natives.file.OpenMode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Optional;

/** Opens files, and locks them over descriptions of their own. */
final class LinuxFiles implements HostFiles {
    private final SystemCalls calls;
    private final LockHolders holders = new LockHolders();

    LinuxFiles(SystemCalls calls) {
        this.calls = calls;
    }

    @Override
    public HostFile open(Path path, OpenMode mode) throws HostException {
        return new LinuxFile(descriptor(path, mode));
    }

    @Override
    public Optional<HostFile> openLeased(Path path) throws HostException {
        Descriptor descriptor = descriptor(path, OpenMode.READ);
        try {
            // The signal that tells of who waits would end the process; nobody minds this one.
            descriptor.check((libc, fd) -> libc.fcntl(fd, Linux.F_SETSIG, Linux.SIGURG), "fcntl(%s, F_SETSIG)");
            descriptor.check((libc, fd) -> libc.fcntl(fd, Linux.F_SETLEASE, Linux.F_RDLCK), "fcntl(%s, F_SETLEASE)");
            return Optional.of(new LinuxFile(descriptor));
        } catch (HostException e) {
            descriptor.close();
            return Optional.empty();
        } catch (RuntimeException e) {
            descriptor.close();
            throw e;
        }
    }

    @Override
    public FileLock lock(Path path, LockMode mode) throws HostException {
        Descriptor descriptor = descriptor(path, mode == LockMode.SHARED ? OpenMode.READ : OpenMode.READ_WRITE);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena, mode);
            while (!setLock(descriptor, request)) {
                // Gone again between the two calls: the lock is free, or someone else's.
                Optional<LockHolder> holder = conflict(descriptor, path, mode);
                if (holder.isPresent()) {
                    throw new FileLockedException(path, mode, holder.get());
                }
            }
            return new DescriptorLock(path, mode, descriptor);
        } catch (HostException | RuntimeException e) {
            descriptor.close();
            throw e;
        }
    }

    @Override
    public Optional<LockHolder> conflict(Path path, LockMode mode) throws HostException {
        try (Descriptor descriptor = descriptor(path, OpenMode.READ)) {
            return conflict(descriptor, path, mode);
        }
    }

    @Override
    public FileLock claim(Path path, long[] held, long[] refused) throws HostException {
        Descriptor descriptor = descriptor(path, OpenMode.READ);
        try (Arena arena = Arena.ofConfined()) {
            for (long each : held) {
                descriptor.check(
                        (libc, fd) -> libc.fcntl(
                                fd,
                                Linux.F_OFD_SETLK,
                                oneByte(arena, LockMode.SHARED, each).address()),
                        "fcntl(%s, F_OFD_SETLK, byte %d)",
                        each);
            }
            for (long each : refused) {
                refuse(arena, descriptor, path, each);
            }
            return new DescriptorLock(path, LockMode.SHARED, descriptor);
        } catch (HostException | RuntimeException e) {
            descriptor.close();
            throw e;
        }
    }

    /** Our own locks do not count for our own description. */
    private void refuse(Arena arena, Descriptor descriptor, Path path, long offset) throws HostException {
        Optional<LockHolder> holder = conflict(descriptor, path, oneByte(arena, LockMode.EXCLUSIVE, offset));
        if (holder.isPresent()) {
            throw new FileLockedException(path, LockMode.SHARED, holder.get());
        }
    }

    private static MemorySegment oneByte(Arena arena, LockMode mode, long offset) {
        MemorySegment request = request(arena, mode);
        request.set(ValueLayout.JAVA_LONG, Linux.FLOCK_START, offset);
        request.set(ValueLayout.JAVA_LONG, Linux.FLOCK_LENGTH, 1);
        return request;
    }

    private Descriptor descriptor(Path path, OpenMode mode) throws HostException {
        return Descriptor.open(calls, path.toString(), mode == OpenMode.READ ? Linux.O_RDONLY : Linux.O_RDWR);
    }

    private boolean setLock(Descriptor descriptor, MemorySegment request) throws HostException {
        try {
            descriptor.check(
                    (libc, fd) -> libc.fcntl(fd, Linux.F_OFD_SETLK, request.address()), "fcntl(%s, F_OFD_SETLK)");
            return true;
        } catch (HostException e) {
            if (e.errno().equals("EAGAIN") || e.errno().equals("EACCES")) {
                return false;
            }
            throw e;
        }
    }

    private Optional<LockHolder> conflict(Descriptor descriptor, Path path, LockMode mode) throws HostException {
        try (Arena arena = Arena.ofConfined()) {
            return conflict(descriptor, path, request(arena, mode));
        }
    }

    private Optional<LockHolder> conflict(Descriptor descriptor, Path path, MemorySegment request)
            throws HostException {
        descriptor.check((libc, fd) -> libc.fcntl(fd, Linux.F_OFD_GETLK, request.address()), "fcntl(%s, F_OFD_GETLK)");
        short held = request.get(ValueLayout.JAVA_SHORT, Linux.FLOCK_TYPE);
        if (held == Linux.F_UNLCK) {
            return Optional.empty();
        }
        // The kernel names the process of a classic lock only; a description's says -1.
        int processId = request.get(ValueLayout.JAVA_INT, Linux.FLOCK_PID);
        LockMode heldMode = held == Linux.F_RDLCK ? LockMode.SHARED : LockMode.EXCLUSIVE;
        return Optional.of(holders.find(path, heldMode, Math.max(processId, 0), range(request), descriptor));
    }

    /** As proc(5) writes it at the end of a lock's line. */
    private static String range(MemorySegment request) {
        long start = request.get(ValueLayout.JAVA_LONG, Linux.FLOCK_START);
        long length = request.get(ValueLayout.JAVA_LONG, Linux.FLOCK_LENGTH);
        return " " + start + " " + (length == 0 ? "EOF" : start + length - 1);
    }

    /** A struct flock for the whole file; the process id must be 0 for a description's lock. */
    private static MemorySegment request(Arena arena, LockMode mode) {
        MemorySegment request = arena.allocate(Linux.FLOCK_SIZE, 8);
        short type = mode == LockMode.SHARED ? Linux.F_RDLCK : Linux.F_WRLCK;
        request.set(ValueLayout.JAVA_SHORT, Linux.FLOCK_TYPE, type);
        return request;
    }

    private record DescriptorLock(Path path, LockMode mode, Descriptor descriptor) implements FileLock {
        @Override
        public void close() {
            descriptor.close();
        }
    }
}
