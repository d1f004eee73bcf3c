package dev.backplane.x86.vcpu;

/**
 * An {@link Execution} found itself in a state that cannot be. The machine ends with its message, and no other does: the registers must
 * be back in the {@code Cpu} when it is thrown.
 */
public final class ExecutionFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** {@code report}: what failed and where, for the developer of the backend; several lines. */
    public ExecutionFailure(String report, Throwable cause) {
        super(report, cause);
    }

    /** Without another exception behind it. */
    public ExecutionFailure(String report) {
        super(report);
    }
}
