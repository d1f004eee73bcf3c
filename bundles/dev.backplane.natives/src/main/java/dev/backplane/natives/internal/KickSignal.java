package dev.backplane.natives.internal;

import dev.backplane.natives.HostException;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The signal that makes a thread leave KVM_RUN. Its handler has to be machine code that does nothing, and libc's {@code abs}
 * is that: it takes an int, as a handler does, and touches no memory. Calls of other threads restart.
 */
final class KickSignal {
    /** A real-time signal that neither the JVM nor libc uses: those are 12, 32, 33 and 62. */
    static final int NUMBER = 40;

    private final SystemCalls calls;
    private boolean installed;
    private int processId;

    KickSignal(SystemCalls calls) {
        this.calls = calls;
    }

    /** Installs the handler, once. */
    synchronized void install() throws HostException {
        if (installed) {
            return;
        }
        long handler = Linker.nativeLinker().defaultLookup().findOrThrow("abs").address();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment action = arena.allocate(Linux.SIGACTION_SIZE, 8);
            MemorySegment old = arena.allocate(Linux.SIGACTION_SIZE, 8);
            calls.check(libc -> libc.sigaction(NUMBER, 0, old.address()), "sigaction(%d)", NUMBER);
            long present = old.get(ValueLayout.JAVA_LONG, Linux.SIGACTION_HANDLER);
            if (present != 0 && present != handler) {
                throw new HostException(
                        "sigaction(" + NUMBER + ")",
                        "EBUSY",
                        "another library of this process handles this signal, which is to stop vCPUs: run without it");
            }
            action.set(ValueLayout.JAVA_LONG, Linux.SIGACTION_HANDLER, handler);
            action.set(ValueLayout.JAVA_INT, Linux.SIGACTION_FLAGS, Linux.SA_RESTART);
            calls.check(libc -> libc.sigaction(NUMBER, action.address(), 0), "sigaction(%d)", NUMBER);
        }
        processId = calls.libc().getpid();
        installed = true;
    }

    /** Sends it to a thread; one that has ended is no error. Allocates nothing. */
    void send(int threadId) {
        calls.libc().tgkill(processId, threadId, NUMBER);
    }
}
