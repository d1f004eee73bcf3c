package dev.backplane.api.debug;

import org.osgi.annotation.versioning.ConsumerType;

/** Takes the lines of a trace. */
@ConsumerType
@FunctionalInterface
public interface TraceSink {
    /**
     * One event. Called on the thread of the vCPU, which waits meanwhile; several vCPUs call at once.
     *
     * @param vcpu the vCPU's number
     * @param kind what it is
     * @param address the linear address of the current instruction, for filters
     * @param text one line for people, without the end of line
     */
    void line(int vcpu, TraceKind kind, long address, String text);
}
