package dev.backplane.cpu.bt.internal.host;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Has the kernel refuse the calling thread, until it ends, what hardened hosts refuse whole processes: files that are mapped to be
 * executed (seccomp(2), SECCOMP_MODE_FILTER). The JVM's own code lies in anonymous memory, which stays allowed.
 */
final class RefusedMemory {
    private static final int PR_SET_SECCOMP = 22;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final long SECCOMP_MODE_FILTER = 2;
    private static final int MMAP = 9;
    private static final int EPERM = 1;

    // struct seccomp_data: the number of the call, then from offset 16 its arguments of eight bytes.
    private static final int NUMBER = 0;
    private static final int PROTECTION = 16 + 2 * 8;
    private static final int FLAGS = 16 + 3 * 8;

    // Classic BPF (linux/bpf_common.h).
    private static final int LOAD_WORD = 0x20;
    private static final int JUMP_EQUAL = 0x15;
    private static final int JUMP_BITS = 0x45;
    private static final int RETURN = 0x06;
    private static final int ALLOW = 0x7FFF0000;
    private static final int ERRNO = 0x00050000;

    private RefusedMemory() {}

    /** From now on, for the calling thread. */
    @SuppressWarnings("restricted")
    static void begin() throws Throwable {
        // Code, instructions to skip where true and where not, operand.
        int[][] program = {
            {LOAD_WORD, 0, 0, NUMBER},
            {JUMP_EQUAL, 0, 4, MMAP},
            {LOAD_WORD, 0, 0, PROTECTION},
            {JUMP_BITS, 0, 2, HostCalls.PROT_EXEC},
            {LOAD_WORD, 0, 0, FLAGS},
            {JUMP_BITS, 1, 0, HostCalls.MAP_SHARED},
            {RETURN, 0, 0, ALLOW},
            {RETURN, 0, 0, ERRNO | EPERM},
        };
        Linker linker = Linker.nativeLinker();
        var prctl = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("prctl"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG),
                Linker.Option.firstVariadicArg(1));
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment filter = arena.allocate(8L * program.length, 8);
            for (int n = 0; n < program.length; n++) {
                filter.set(ValueLayout.JAVA_SHORT, 8L * n, (short) program[n][0]);
                filter.set(ValueLayout.JAVA_BYTE, 8L * n + 2, (byte) program[n][1]);
                filter.set(ValueLayout.JAVA_BYTE, 8L * n + 3, (byte) program[n][2]);
                filter.set(ValueLayout.JAVA_INT, 8L * n + 4, program[n][3]);
            }
            MemorySegment head = arena.allocate(16, 8);
            head.set(ValueLayout.JAVA_SHORT, 0, (short) program.length);
            head.set(ValueLayout.JAVA_LONG, 8, filter.address());
            int first = (int) prctl.invokeExact(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
            int second = (int) prctl.invokeExact(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, head.address(), 0L, 0L);
            if (first != 0 || second != 0) {
                throw new IllegalStateException("the host takes no filters");
            }
        }
    }
}
