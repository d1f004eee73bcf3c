package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.cpu.VcpuState;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** {@code struct kvm_lapic_state}: the first KiB of the register page of Intel SDM 3A, table 12-1. */
final class ApicPage {
    static final long BASE_X2APIC = 1 << 10;

    private static final int PAGE_BYTES = 4096;
    private static final int KVM_BYTES = 1024;
    private static final long ID = 0x20;
    private static final long TMR = 0x180;
    private static final long ISR = 0x100;
    private static final long IRR = 0x200;
    private static final long ICR_HIGH = 0x310;
    private static final long LVT_TIMER = 0x320;
    private static final long INITIAL_COUNT = 0x380;
    private static final long CURRENT_COUNT = 0x390;
    private static final long DIVIDE = 0x3e0;
    private static final int TSC_DEADLINE_MODE = 2;
    private static final ValueLayout.OfInt DWORD = ValueLayout.JAVA_INT_UNALIGNED;

    private final MemorySegment registers;

    ApicPage(MemorySegment registers) {
        this.registers = registers;
    }

    /** As the record that all backends share. */
    VcpuState.Apic toState(long base, FrozenTime time) {
        byte[] page = Arrays.copyOf(registers.asSlice(0, KVM_BYTES).toArray(ValueLayout.JAVA_BYTE), PAGE_BYTES);
        MemorySegment copy = MemorySegment.ofArray(page);
        boolean x2 = (base & BASE_X2APIC) != 0;
        int high = copy.get(DWORD, ICR_HIGH);
        copy.set(DWORD, INITIAL_COUNT, time.initialCount());
        copy.set(DWORD, CURRENT_COUNT, 0);
        return new VcpuState.Apic(base, page, x2 ? high : 0, time.timerDueNanos());
    }

    /** Fills the page from a state, with a timer that does not count yet. */
    void fromState(VcpuState.Apic state, int index) {
        MemorySegment.copy(state.registers(), 0, registers, ValueLayout.JAVA_BYTE, 0, KVM_BYTES);
        boolean x2 = (state.base() & BASE_X2APIC) != 0;
        registers.set(DWORD, ID, x2 ? index : index << 24);
        if (x2) {
            registers.set(DWORD, ICR_HIGH, state.icrHigh());
        }
        registers.set(DWORD, INITIAL_COUNT, 0);
        registers.set(DWORD, CURRENT_COUNT, 0);
    }

    /** The initial count that a state's page holds. */
    static int initialCount(VcpuState.Apic state) {
        return MemorySegment.ofArray(state.registers()).get(DWORD, INITIAL_COUNT);
    }

    /** Whether the timer counts down, at once or again and again, and has something to count. */
    boolean counts() {
        int mode = registers.get(DWORD, LVT_TIMER) >>> 17 & 3;
        return mode < TSC_DEADLINE_MODE && initialCount() != 0;
    }

    int initialCount() {
        return registers.get(DWORD, INITIAL_COUNT);
    }

    /** What is left to count, in nanoseconds: the timer's input has 1 GHz. */
    long remainingNanos() {
        return (registers.get(DWORD, CURRENT_COUNT) & 0xffff_ffffL) << divideShift();
    }

    /** Sets the timer going. */
    void count(int initial, long remainingNanos) {
        long most = initial & 0xffff_ffffL;
        long left = Math.clamp(Math.ceilDiv(remainingNanos, 1L << divideShift()), 1, Math.max(most, 1));
        registers.set(DWORD, INITIAL_COUNT, initial);
        registers.set(DWORD, CURRENT_COUNT, (int) left);
    }

    /** The divide configuration register, figure 12-10: bits 0, 1 and 3; 0b111 divides by one. */
    private int divideShift() {
        int bits = registers.get(DWORD, DIVIDE);
        return (bits & 3 | (bits & 8) >>> 1) + 1 & 7;
    }

    /** The level-triggered vectors that are requested or in service. */
    long[] levelVectors() {
        long[] vectors = new long[4];
        for (int i = 0; i < 8; i++) {
            int held = registers.get(DWORD, ISR + 0x10L * i) | registers.get(DWORD, IRR + 0x10L * i);
            long word = (held & registers.get(DWORD, TMR + 0x10L * i)) & 0xffff_ffffL;
            vectors[i >>> 1] |= word << 32 * (i & 1);
        }
        return vectors;
    }
}
