package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;

/** The bound C library and the error of the calling thread's last call. */
final class SystemCalls {

    /** A call that restarts when a signal interrupts it, or that never blocks. */
    @FunctionalInterface
    interface Call {
        long run(LibC libc);
    }

    private final LibC libc;
    private final Runtime runtime;

    private SystemCalls(LibC libc) {
        this.libc = libc;
        this.runtime = Runtime.getRuntime(libc);
    }

    /** Binds the C library: some 0.1 s, the first time. */
    static SystemCalls bind() {
        String system = System.getProperty("os.name");
        if (!"Linux".equals(system)) {
            throw new UnsupportedOperationException("the host is " + system
                    + ": memory files, descriptor locks and raw terminals are bound for Linux only");
        }
        // The stubs that jnr-ffi assembles itself pass garbage as the sixth integer argument (mmap's offset); jffi's
        // own
        // path does not and is as fast. Read once, when jnr-ffi's classes are initialised; they are private to this
        // bundle.
        System.setProperty("jnr.ffi.x86asm.enabled", "false");
        return new SystemCalls(LibraryLoader.create(LibC.class).load("c"));
    }

    LibC libc() {
        return libc;
    }

    /** The error number of this thread's last call, valid until its next one. */
    int errno() {
        return runtime.getLastError();
    }

    boolean failedWith(Errno errno) {
        return errno.is(errno());
    }

    /** Runs a call until no signal interrupts it; anything negative is an error of the call {@code format} describes. */
    long check(Call call, String format, Object... arguments) throws HostException {
        long result;
        do {
            result = call.run(libc);
        } while (result == -1 && failedWith(Errno.EINTR));
        if (result == -1) {
            throw failure(format, arguments);
        }
        return result;
    }

    /** The error of this thread's last call. */
    HostException failure(String format, Object... arguments) {
        return failure(errno(), format, arguments);
    }

    /** An error that the caller has noted. */
    HostException failure(int number, String format, Object... arguments) {
        return new HostException(String.format(format, arguments), Errno.name(number), Errno.meaning(number));
    }
}
