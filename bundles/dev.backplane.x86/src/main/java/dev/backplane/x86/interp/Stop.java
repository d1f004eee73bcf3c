package dev.backplane.x86.interp;

/** Why the engine came back to its owner. The vCPU is at an instruction boundary in every case. */
public enum Stop {
    /** {@code Registers.KICK} was requested. */
    KICKED,
    /** HLT: call again when something was requested. */
    HALTED,
    /** PAUSE: the guest spins; let others run. */
    PAUSED,
    /** A device is away: call again to try the same instruction. */
    PARKED,
    /** Triple fault. */
    SHUTDOWN,
    /** The instruction budget is used up. */
    BUDGET,
    /** A debugger's breakpoint is at the next instruction, or the last one met a watchpoint. */
    DEBUG
}
