package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** A terminal (the user's end) with its master (what would be the terminal program). */
final class PseudoTerminal implements AutoCloseable {
    private static final long TIOCSPTLCK = 0x40045431L;
    private static final long TIOCGPTN = 0x80045430L;
    private static final long TIOCSWINSZ = 0x5414L;

    final Descriptor master;
    final Descriptor terminal;

    PseudoTerminal(SystemCalls calls) throws HostException {
        master = Descriptor.open(calls, "/dev/ptmx", Linux.O_RDWR);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(ValueLayout.JAVA_INT);
            master.check((libc, fd) -> libc.ioctl(fd, TIOCSPTLCK, number.address()), "ioctl(%s, TIOCSPTLCK)");
            master.check((libc, fd) -> libc.ioctl(fd, TIOCGPTN, number.address()), "ioctl(%s, TIOCGPTN)");
            terminal = Descriptor.open(calls, "/dev/pts/" + number.get(ValueLayout.JAVA_INT, 0), Linux.O_RDWR);
        }
    }

    void resize(int rows, int columns) throws HostException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment size = arena.allocate(8, 2);
            size.set(ValueLayout.JAVA_SHORT, 0, (short) rows);
            size.set(ValueLayout.JAVA_SHORT, 2, (short) columns);
            master.check((libc, fd) -> libc.ioctl(fd, TIOCSWINSZ, size.address()), "ioctl(%s, TIOCSWINSZ)");
        }
    }

    /** Presses keys. */
    void type(String keys) throws HostException {
        byte[] bytes = keys.getBytes(StandardCharsets.UTF_8);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            master.check((libc, fd) -> libc.write(fd, buffer.address(), bytes.length), "write(%s)");
        }
    }

    /** What the terminal program has been given, once; waits for the first byte. */
    String screen() throws HostException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(4096);
            long count = master.check((libc, fd) -> libc.read(fd, buffer.address(), 4096), "read(%s)");
            byte[] bytes = buffer.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    @Override
    public void close() {
        terminal.close();
        master.close();
    }
}
