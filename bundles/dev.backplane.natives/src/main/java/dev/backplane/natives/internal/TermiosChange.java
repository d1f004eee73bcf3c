package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.terminal.ModeChange;
import dev.backplane.natives.terminal.TerminalMode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The mode that was found and the one that is set. Both are set at once (TCSANOW): waiting for output to drain would hang
 * on a terminal that the user has stopped.
 */
final class TermiosChange implements ModeChange {
    private final SystemCalls calls;
    private final int descriptor;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment found = arena.allocate(Linux.TERMIOS_SIZE, 8);
    private final MemorySegment wanted = arena.allocate(Linux.TERMIOS_SIZE, 8);

    private TermiosChange(SystemCalls calls, int descriptor) {
        this.calls = calls;
        this.descriptor = descriptor;
    }

    static ModeChange apply(SystemCalls calls, int descriptor, TerminalMode mode) throws HostException {
        TermiosChange change = new TermiosChange(calls, descriptor);
        try {
            change.start(mode);
        } catch (HostException e) {
            change.arena.close();
            throw e;
        }
        return change;
    }

    private void start(TerminalMode mode) throws HostException {
        calls.check(libc -> libc.tcgetattr(descriptor, found.address()), "tcgetattr(descriptor %d)", descriptor);
        wanted.copyFrom(found);
        clear(
                Linux.TERMIOS_IFLAG,
                Linux.IGNBRK
                        | Linux.BRKINT
                        | Linux.PARMRK
                        | Linux.ISTRIP
                        | Linux.INLCR
                        | Linux.IGNCR
                        | Linux.ICRNL
                        | Linux.IXON);
        clear(Linux.TERMIOS_LFLAG, Linux.ECHO | Linux.ECHONL | Linux.ICANON | Linux.ISIG | Linux.IEXTEN);
        clear(Linux.TERMIOS_CFLAG, Linux.CSIZE | Linux.PARENB);
        set(Linux.TERMIOS_CFLAG, Linux.CS8);
        if (mode == TerminalMode.RAW) {
            clear(Linux.TERMIOS_OFLAG, Linux.OPOST);
        }
        wanted.set(ValueLayout.JAVA_BYTE, Linux.TERMIOS_CC + Linux.VMIN, (byte) 1);
        wanted.set(ValueLayout.JAVA_BYTE, Linux.TERMIOS_CC + Linux.VTIME, (byte) 0);
        calls.check(
                libc -> libc.tcsetattr(descriptor, Linux.TCSANOW, wanted.address()),
                "tcsetattr(descriptor %d, %s)",
                descriptor,
                mode);
    }

    @Override
    public synchronized void reapply() {
        if (arena.scope().isAlive()) {
            calls.libc().tcsetattr(descriptor, Linux.TCSANOW, wanted.address());
        }
    }

    @Override
    public synchronized void close() {
        if (arena.scope().isAlive()) {
            calls.libc().tcsetattr(descriptor, Linux.TCSANOW, found.address());
            arena.close();
        }
    }

    private void clear(int field, int bits) {
        wanted.set(ValueLayout.JAVA_INT, field, wanted.get(ValueLayout.JAVA_INT, field) & ~bits);
    }

    private void set(int field, int bits) {
        wanted.set(ValueLayout.JAVA_INT, field, wanted.get(ValueLayout.JAVA_INT, field) | bits);
    }
}
