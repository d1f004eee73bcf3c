package dev.backplane.cpu.bt.internal.run;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Runs single user-mode instructions on the host's processor.
 *
 * <pre>{@code
 * try (var oracle = NativeOracle.open()) {
 *     var in = new OracleState();
 *     in.gpr[0] = 3;
 *     in.gpr[3] = oracle.memoryAddress() + 64;
 *     in.memoryLong(64, 4);
 *     OracleState out = oracle.run(new byte[] {0x48, 0x03, 0x03}, in); // add rax, [rbx]
 *     assert out.gpr[0] == 7;
 * }
 * }</pre>
 *
 * <p>The instruction must not fault, trap, branch, touch FS or GS or memory outside the scratch page, or wait for a
 * pending x87 exception: any of these kills the process. DF is cleared afterwards; rsp is the thread's own and is put
 * back, so PUSH and POP work and {@code gpr[4]} of the result tells by how much they moved it. One thread at a time.
 */
final class NativeOracle implements AutoCloseable {
    private static final int PAGE = 4096;
    private static final int STATE = 2 * PAGE;
    private static final int FLAGS = STATE + 128;
    private static final int HOST_RSP = STATE + 136;
    private static final int FX = STATE + 512;
    private static final int HOST_FX = STATE + 1024;
    private static final int YMM = STATE + 1536;
    private static final int MEMORY = 3 * PAGE;
    private static final int BYTES = 6 * PAGE;
    private static final int LONGEST_CODE = 256;
    private static final int RSP = 4;

    private static final long MXCSR_MASKS = 0x1F80;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment region;
    private final MethodHandle enter;
    private final MethodHandle unmap;
    private final int codeAt;
    private final int exitAt;
    private byte[] loaded = {};

    @SuppressWarnings("restricted")
    private NativeOracle(int beforePage) {
        var linker = Linker.nativeLinker();
        var libc = linker.defaultLookup();
        var mmap = linker.downcallHandle(
                libc.findOrThrow("mmap"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_LONG));
        unmap = linker.downcallHandle(
                libc.findOrThrow("munmap"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
        int readWriteExecute = 7;
        int privateAnonymous = 0x22;
        long address;
        try {
            address = (long) mmap.invokeExact(0L, (long) BYTES, readWriteExecute, privateAnonymous, -1, 0L);
        } catch (Throwable e) {
            throw new IllegalStateException("mmap could not be called", e);
        }
        if (address == -1) {
            throw new IllegalStateException("mmap refused %d bytes of executable memory".formatted(BYTES));
        }
        region = MemorySegment.ofAddress(address).reinterpret(BYTES, arena, null);
        ByteBuffer code = region.asSlice(0, 2 * PAGE).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        enter = linker.downcallHandle(region, FunctionDescriptor.ofVoid());
        emitEntry(code);
        codeAt = PAGE - beforePage;
        code.put((byte) 0xE9).putInt(codeAt - (code.position() + 4));
        exitAt = codeAt + LONGEST_CODE;
        emitExit(code.position(exitAt));
    }

    /** Whether this host can run the oracle; a test that needs it assumes this first. */
    public static boolean isAvailable() {
        return System.getProperty("os.arch").equals("amd64")
                && System.getProperty("os.name").equals("Linux");
    }

    /** Maps the stub. Close it on the same thread. */
    public static NativeOracle open() {
        return open(LONGEST_CODE);
    }

    /** The code begins so many bytes before the end of a page; at most 2048. */
    public static NativeOracle open(int beforePage) {
        return new NativeOracle(beforePage);
    }

    /** Where the code of {@link #run} is. */
    public long codeAddress() {
        return region.address() + codeAt;
    }

    /** Where {@link OracleState#memory} is while an instruction runs; page-aligned, with a spare page behind it. */
    public long memoryAddress() {
        return region.address() + MEMORY;
    }

    /** Runs one instruction (or a few, at most 250 bytes) from a state and returns the state after it. */
    public OracleState run(byte[] instruction, OracleState in) {
        var out = new OracleState();
        run(instruction, in, out);
        return out;
    }

    /** As {@link #run(byte[], OracleState)}, into a state that may be the same one; allocates nothing. */
    public void run(byte[] instruction, OracleState in, OracleState out) {
        check(in);
        load(instruction);
        MemorySegment.copy(in.gpr, 0, region, ValueLayout.JAVA_LONG, STATE, 16);
        region.set(ValueLayout.JAVA_LONG, FLAGS, in.rflags & OracleState.FLAGS | 0x202);
        MemorySegment.copy(in.fx, 0, region, ValueLayout.JAVA_BYTE, FX, 512);
        MemorySegment.copy(in.ymm, 0, region, ValueLayout.JAVA_LONG, YMM, 32);
        MemorySegment.copy(in.memory, 0, region, ValueLayout.JAVA_BYTE, MEMORY, OracleState.MEMORY_BYTES);
        try {
            enter.invokeExact();
        } catch (Throwable e) {
            throw new IllegalStateException("the oracle's stub could not be called", e);
        }
        MemorySegment.copy(region, ValueLayout.JAVA_LONG, STATE, out.gpr, 0, 16);
        out.gpr[RSP] -= region.get(ValueLayout.JAVA_LONG, HOST_RSP);
        out.rflags = region.get(ValueLayout.JAVA_LONG, FLAGS) & OracleState.FLAGS;
        MemorySegment.copy(region, ValueLayout.JAVA_BYTE, FX, out.fx, 0, 512);
        MemorySegment.copy(region, ValueLayout.JAVA_LONG, YMM, out.ymm, 0, 32);
        MemorySegment.copy(region, ValueLayout.JAVA_BYTE, MEMORY, out.memory, 0, OracleState.MEMORY_BYTES);
    }

    @Override
    public void close() {
        try {
            int ignored = (int) unmap.invokeExact(region.address(), (long) BYTES);
        } catch (Throwable e) {
            throw new IllegalStateException("munmap could not be called", e);
        }
        arena.close();
    }

    private static void check(OracleState in) {
        if ((in.mxcsr() & MXCSR_MASKS) != MXCSR_MASKS || in.mxcsr() >>> 16 != 0) {
            throw new IllegalArgumentException(
                    "mxcsr is %x: all exceptions must be masked and bits 16-31 clear".formatted(in.mxcsr()));
        }
        if ((in.fsw() & ~in.fcw() & 0x3F) != 0) {
            throw new IllegalArgumentException(
                    "fsw %x has an exception pending that fcw %x does not mask".formatted(in.fsw(), in.fcw()));
        }
    }

    private void load(byte[] instruction) {
        if (Arrays.equals(instruction, loaded)) {
            return;
        }
        if (instruction.length > LONGEST_CODE - 5) {
            throw new IllegalArgumentException(
                    "%d bytes of code: at most %d fit".formatted(instruction.length, LONGEST_CODE - 5));
        }
        MemorySegment.copy(instruction, 0, region, ValueLayout.JAVA_BYTE, codeAt, instruction.length);
        int end = codeAt + instruction.length;
        region.set(ValueLayout.JAVA_BYTE, end, (byte) 0xE9);
        region.set(ValueLayout.JAVA_INT_UNALIGNED, end + 1, exitAt - (end + 5));
        loaded = instruction.clone();
    }

    private static void emitEntry(ByteBuffer code) {
        code.put(new byte[] {0x53, 0x55, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57}); // push callee-saved
        ripRelative(code, HOST_RSP, 0x48, 0x89, 0x25); // mov [host], rsp
        ripRelative(code, HOST_FX, 0x48, 0x0F, 0xAE, 0x05); // fxsave64 [host]
        ripRelative(code, FX, 0x48, 0x0F, 0xAE, 0x0D); // fxrstor64 [state]
        for (int n = 0; n < 16; n++) {
            upper(code, n, ~n << 3 & 0x78 | 5, 0x18); // vinsertf128
        }
        ripRelative(code, FLAGS, 0xFF, 0x35); // push [flags]
        code.put((byte) 0x9D); // popfq
        moveRegisters(code, 0x8B, false);
    }

    private static void emitExit(ByteBuffer code) {
        moveRegisters(code, 0x89, true);
        ripRelative(code, HOST_RSP, 0x48, 0x8B, 0x25); // mov rsp, [host]
        code.put((byte) 0x9C); // pushfq
        ripRelative(code, FLAGS, 0x8F, 0x05); // pop [flags]
        code.put((byte) 0xFC); // cld
        ripRelative(code, FX, 0x48, 0x0F, 0xAE, 0x05); // fxsave64 [state]
        for (int n = 0; n < 16; n++) {
            upper(code, n, 0x7D, 0x19); // vextractf128
        }
        code.put(new byte[] {(byte) 0xC5, (byte) 0xF8, 0x77}); // vzeroupper
        code.put(new byte[] {(byte) 0xDB, (byte) 0xE3}); // fninit: an exception may be pending, unmasked
        ripRelative(code, HOST_FX, 0x48, 0x0F, 0xAE, 0x0D); // fxrstor64 [host]
        code.put(new byte[] {0x41, 0x5F, 0x41, 0x5E, 0x41, 0x5D, 0x41, 0x5C, 0x5D, 0x5B, (byte) 0xC3}); // pop, ret
    }

    /** An instruction on an upper half, with its place in the state. */
    private static void upper(ByteBuffer code, int register, int vex, int opcode) {
        int reg = register < 8 ? 0xE3 : 0x63;
        // The immediate byte is behind the displacement.
        ripRelative(code, YMM + 16 * register - 1, 0xC4, reg, vex, opcode, (register & 7) << 3 | 5);
        code.put((byte) 1);
    }

    private static void moveRegisters(ByteBuffer code, int opcode, boolean withRsp) {
        for (int register = 0; register < 16; register++) {
            if (register != RSP || withRsp) {
                ripRelative(code, STATE + 8 * register, register < 8 ? 0x48 : 0x4C, opcode, (register & 7) << 3 | 5);
            }
        }
    }

    private static void ripRelative(ByteBuffer code, int target, int... opcode) {
        for (int value : opcode) {
            code.put((byte) value);
        }
        code.putInt(target - (code.position() + 4));
    }
}
