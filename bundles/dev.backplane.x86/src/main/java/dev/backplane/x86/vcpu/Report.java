package dev.backplane.x86.vcpu;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.x86.report.LinearReader;
import dev.backplane.x86.report.VcpuReport;
import dev.backplane.x86.system.FaultLog;

/** What people need to find out why a guest ended. */
final class Report {
    private static final int FRAMES = 5;

    private Report() {}

    /** A failure of the engine's own: instruction and registers may be those of a few instructions before. */
    static String of(VcpuState state, FaultLog faults, LinearReader memory, RuntimeException failure) {
        boolean execution = failure instanceof ExecutionFailure;
        StringBuilder text = new StringBuilder(
                execution ? String.valueOf(failure.getMessage()) : "the interpreter failed: %s".formatted(failure));
        Throwable thrown = execution && failure.getCause() != null ? failure.getCause() : failure;
        StackTraceElement[] frames = thrown.getStackTrace();
        for (int i = 0; i < Math.min(frames.length, FRAMES); i++) {
            text.append("\n    at ").append(frames[i]);
        }
        return text.append('\n').append(of(state, faults, memory)).toString();
    }

    /** A vCPU as it stands. */
    static String of(VcpuState state, FaultLog faults, LinearReader memory) {
        return new VcpuReport(state, faults.last(), memory).text();
    }
}
