package dev.backplane.api.debug;

import java.util.Optional;

/**
 * Why a vCPU came to a stop for its debugger. A breakpoint stops before its instruction, a watchpoint behind the instruction
 * that made the access.
 *
 * @param cause why
 * @param point the break- or watchpoint, for {@link Cause#POINT}
 * @param address the linear address of the instruction or of the access, for {@link Cause#POINT}
 */
public record DebugStop(Cause cause, Optional<StopPoint> point, long address) {
    /** Kinds of reasons. */
    public enum Cause {
        /** Somebody called {@link VmDebugger#stop}. */
        ASKED,
        /** One instruction was executed. */
        STEP,
        /** A break- or watchpoint was met. */
        POINT,
        /** A triple fault: to go on means to reset the machine, or what its file says of reboots. */
        SHUTDOWN
    }

    /**
     * A stop that has no address.
     *
     * @param cause why, not {@link Cause#POINT}
     * @return the stop
     */
    public static DebugStop of(Cause cause) {
        return new DebugStop(cause, Optional.empty(), 0);
    }

    /**
     * A stop at a break- or watchpoint.
     *
     * @param point which one
     * @param address the linear address of the instruction or of the access
     * @return the stop
     */
    public static DebugStop at(StopPoint point, long address) {
        return new DebugStop(Cause.POINT, Optional.of(point), address);
    }
}
