package dev.backplane.cpu.kvm.internal;

/** Offsets in {@code struct kvm_regs}. */
final class GeneralLayout {
    static final long RIP = 128;
    static final long RFLAGS = 136;

    /** Where the registers stand that encodings number 0 to 7; the others follow in order. */
    private static final int[] LEGACY = {0, 2, 3, 1, 6, 7, 4, 5};

    private GeneralLayout() {}

    /** The offset of a register by the number of its encoding. */
    static long register(int number) {
        return 8L * (number < LEGACY.length ? LEGACY[number] : number);
    }
}
