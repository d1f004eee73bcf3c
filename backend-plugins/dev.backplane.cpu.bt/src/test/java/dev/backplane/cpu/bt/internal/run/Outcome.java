package dev.backplane.cpu.bt.internal.run;

import dev.backplane.x86.state.Bits;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.LongStream;

/** How a machine stands after a run: all that a program could tell, with a hash of its data and stack. */
record Outcome(
        int vector,
        int error,
        long rip,
        long cr2,
        long[] registers,
        long[] vectors,
        int flags,
        int mxcsr,
        int memory,
        long instructions) {
    private static final int PAGE = 4096;

    /** That of a machine that has executed so many instructions. */
    static Outcome of(BtMachine machine, long instructions) {
        var cpu = machine.cpu;
        byte[] data = machine.ram.bytes().asSlice(BtMachine.DATA, PAGE).toArray(ValueLayout.JAVA_BYTE);
        byte[] stack = machine.ram.bytes().asSlice(BtMachine.STACK, PAGE).toArray(ValueLayout.JAVA_BYTE);
        return new Outcome(
                machine.vector,
                machine.vector == 14 ? cpu.faultError : 0,
                cpu.rip,
                machine.vector == 14 ? cpu.cr2 : 0,
                Arrays.copyOf(cpu.r, 16),
                LongStream.concat(Arrays.stream(cpu.xmm), Arrays.stream(cpu.ymm))
                        .toArray(),
                cpu.flags() & Bits.ARITHMETIC,
                cpu.mxcsr,
                31 * Arrays.hashCode(data) + Arrays.hashCode(stack),
                instructions);
    }

    /** Everything as text, flags within a mask. */
    String text(int mask) {
        return "vector %d error %x rip %x cr2 %x flags %x mxcsr %x memory %x instructions %d%n%s%n%s"
                .formatted(
                        vector,
                        error,
                        rip,
                        cr2,
                        flags & mask,
                        mxcsr,
                        memory,
                        instructions,
                        HexFormat.of().formatHex(bytes(registers)),
                        HexFormat.of().formatHex(bytes(vectors)));
    }

    private static byte[] bytes(long[] values) {
        return MemorySegment.ofArray(values).toArray(ValueLayout.JAVA_BYTE);
    }
}
