package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.terminal.ByteStream;
import dev.backplane.natives.terminal.Direction;
import dev.backplane.natives.terminal.HostTerminals;
import dev.backplane.natives.terminal.ModeChange;
import dev.backplane.natives.terminal.TerminalMode;
import dev.backplane.natives.terminal.WindowSize;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;

/** Terminals by descriptor. */
final class LinuxTerminals implements HostTerminals {
    private final SystemCalls calls;

    LinuxTerminals(SystemCalls calls) {
        this.calls = calls;
    }

    @Override
    public boolean isTerminal(int descriptor) {
        return calls.libc().isatty(descriptor) == 1;
    }

    @Override
    public WindowSize windowSize(int descriptor) throws HostException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment size = arena.allocate(Linux.WINSIZE_SIZE, 2);
            calls.check(
                    libc -> libc.ioctl(descriptor, Linux.TIOCGWINSZ, size.address()),
                    "ioctl(descriptor %d, TIOCGWINSZ)",
                    descriptor);
            return new WindowSize(
                    Short.toUnsignedInt(size.get(ValueLayout.JAVA_SHORT, Linux.WINSIZE_ROWS)),
                    Short.toUnsignedInt(size.get(ValueLayout.JAVA_SHORT, Linux.WINSIZE_COLUMNS)));
        }
    }

    @Override
    public ModeChange change(int descriptor, TerminalMode mode) throws HostException {
        return TermiosChange.apply(calls, descriptor, mode);
    }

    @Override
    public ByteStream stream(int descriptor, Direction direction) throws HostException {
        return new PolledStream(calls, own(descriptor, direction), direction);
    }

    /**
     * A description of our own that does not block, where the kind of file can be opened again: O_NONBLOCK belongs to the
     * description, and the one we were given is the shell's too. Sockets cannot be opened again, and regular files never
     * block and share their position: those are used as they are, under a number of our own.
     */
    private Descriptor own(int descriptor, Direction direction) throws HostException {
        String path = "/proc/self/fd/" + descriptor;
        if (!Files.isRegularFile(Path.of(path))) {
            int access = direction == Direction.INPUT ? Linux.O_RDONLY : Linux.O_WRONLY;
            try {
                return Descriptor.open(calls, path, access | Linux.O_NONBLOCK);
            } catch (HostException e) {
                // Also a terminal of another user, which was passed on by su: reading and writing it is still allowed.
            }
        }
        long copy = calls.check(
                libc -> libc.fcntl(descriptor, Linux.F_DUPFD_CLOEXEC, 0), "fcntl(descriptor %d, F_DUPFD)", descriptor);
        return Descriptor.of(calls, "descriptor " + descriptor, copy);
    }
}
