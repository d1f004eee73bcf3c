package dev.backplane.api.cpu;

/** Why {@link Vcpu#run} returned. Always at an instruction boundary. */
public enum Stop {
    /** {@link Vcpu#kick} was called. */
    KICKED,
    /** It executed HLT, or waits for its start-up message; {@link PartitionContext#wake} tells when to go on. A {@link SelfWakingVcpu} waits by itself. */
    HALTED,
    /** The exit handler threw {@link ParkedAccess}: the access has not happened, run again when its bay runs. */
    PARKED,
    /** A triple fault. */
    SHUTDOWN,
    /** It asked the machine to stop through its exit handler, for instance by a reset, and waits. */
    MACHINE,
    /** Only of {@link CountedVcpu#run(long)}: it has executed as many instructions as it was to. */
    LIMIT,
    /** Only of {@link CountedVcpu#run(long)}: it executed PAUSE; if it waits for another vCPU, that one has to run now. */
    PAUSED,
    /** A debugger is to have it: {@link dev.backplane.api.debug.DebuggableVcpu#debugStop} says why. */
    DEBUG
}
