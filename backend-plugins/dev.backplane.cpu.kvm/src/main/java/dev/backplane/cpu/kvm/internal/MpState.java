package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.cpu.VcpuState.Activity;

/** {@code struct kvm_mp_state}: whether a vCPU executes. */
final class MpState {
    static final int RUNNABLE = 0;
    private static final int UNINITIALIZED = 1;
    private static final int INIT_RECEIVED = 2;
    private static final int HALTED = 3;

    private MpState() {}

    static int of(Activity activity) {
        return switch (activity) {
            // A vCPU that has shut down is not run at all.
            case ACTIVE, SHUTDOWN -> RUNNABLE;
            case HALTED -> HALTED;
            case WAIT_FOR_SIPI -> INIT_RECEIVED;
        };
    }

    static Activity activity(int state) {
        return switch (state) {
            case UNINITIALIZED, INIT_RECEIVED -> Activity.WAIT_FOR_SIPI;
            case HALTED -> Activity.HALTED;
            default -> Activity.ACTIVE;
        };
    }
}
