package dev.backplane.x86.state;

/**
 * An exception of the guest's on its way from the instruction that raised it to the engine. One per vCPU, made in advance
 * and without a stack; the vector and error code stand in {@link Registers#faultVector} and {@link Registers#faultError}.
 * Whoever throws it has committed nothing of the instruction.
 */
public final class GuestFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    GuestFault() {
        super("guest exception", null, false, false);
    }
}
