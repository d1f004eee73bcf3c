package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;

/** An open file descriptor. Its number is only used under the monitor, so that a closed and reused one is never touched. */
final class Descriptor implements AutoCloseable {

    /** A call on the descriptor's number. */
    @FunctionalInterface
    interface Use {
        long run(LibC libc, int fd);
    }

    private final SystemCalls calls;
    private final String name;
    private int fd;

    private Descriptor(SystemCalls calls, String name, int fd) {
        this.calls = calls;
        this.name = name;
        this.fd = fd;
    }

    /** Takes over a number that is open. */
    static Descriptor of(SystemCalls calls, String name, long fd) {
        return new Descriptor(calls, name, (int) fd);
    }

    static Descriptor open(SystemCalls calls, String path, int flags) throws HostException {
        int all = flags | Linux.O_CLOEXEC | Linux.O_NOCTTY;
        return of(calls, path, calls.check(libc -> libc.open(path, all, 0), "open(%s, 0x%x)", path, all));
    }

    /** What the descriptor is open on, for messages. */
    String name() {
        return name;
    }

    /** Runs a call that does not wait; {@code format} describes it, with the descriptor's name as its first argument. */
    synchronized long check(Use use, String format, Object... arguments) throws HostException {
        int open = number();
        return calls.check(libc -> use.run(libc, open), format.formatted(withName(arguments)));
    }

    /** The number, for a caller that keeps others from closing it meanwhile. */
    synchronized int number() {
        if (fd < 0) {
            throw new IllegalStateException(name + " is closed");
        }
        return fd;
    }

    @Override
    public synchronized void close() {
        if (fd >= 0) {
            // Linux gives the number up whatever close(2) answers; a second try could close someone else's.
            calls.libc().close(fd);
            fd = -1;
        }
    }

    private Object[] withName(Object[] arguments) {
        Object[] all = new Object[arguments.length + 1];
        all[0] = name;
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return all;
    }
}
