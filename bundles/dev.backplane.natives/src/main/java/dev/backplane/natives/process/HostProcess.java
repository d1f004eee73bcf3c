package dev.backplane.natives.process;

import org.osgi.annotation.versioning.ProviderType;

/** This process as the host's kernel sees it. */
@ProviderType
public interface HostProcess {

    /** The real user id. */
    int userId();

    /** The calling thread's id in the host's kernel, as in {@code /proc/self/task}. Platform threads only. */
    int threadId();

    /**
     * The processor time of the calling platform thread. The clock is asked from any thread, while that thread lives; it
     * serves to tell a vCPU's waiting from its running (steal time).
     */
    ThreadClock threadClock();
}
