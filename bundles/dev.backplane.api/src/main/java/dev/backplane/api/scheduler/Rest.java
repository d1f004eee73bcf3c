package dev.backplane.api.scheduler;

/** Why a vCPU does not want to run. New reasons may be added: treat an unknown one as {@link #HELD}. */
public enum Rest {
    /** It executed HLT, or waits for its start-up message: {@link VcpuScheduler#woken} comes next. */
    HALTED,
    /** It waits for a device whose bay is away. */
    PARKED,
    /** The machine stands still, or has ended. */
    HELD
}
