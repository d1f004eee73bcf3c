package dev.backplane.natives.kvm;

/** A part of a vCPU's state that is read and written as one structure of {@code asm/kvm.h}. */
public enum KvmBlock {
    /** {@code kvm_regs}. */
    REGS(144),
    /** {@code kvm_sregs}. */
    SREGS(312),
    /** {@code kvm_lapic_state}. */
    LAPIC(1024),
    /** {@code kvm_vcpu_events}. */
    EVENTS(64),
    /** {@code kvm_debugregs}. */
    DEBUGREGS(128),
    /** {@code kvm_xsave}, the standard form of XSAVE. */
    XSAVE(4096),
    /** {@code kvm_xcrs}. */
    XCRS(392),
    /** {@code kvm_mp_state}. */
    MP_STATE(4);

    private final int sizeBytes;

    KvmBlock(int sizeBytes) {
        this.sizeBytes = sizeBytes;
    }

    /** The structure's size. */
    public int sizeBytes() {
        return sizeBytes;
    }
}
