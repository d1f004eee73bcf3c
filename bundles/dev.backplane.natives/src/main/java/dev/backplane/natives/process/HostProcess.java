package dev.backplane.natives.process;

import dev.backplane.natives.HostException;
import java.util.BitSet;
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

    /**
     * The processors on which a thread may run (sched_getaffinity(2)).
     *
     * @param threadId the host's number of a thread of this process, or 0 for the calling one
     * @return by number
     * @throws HostException when there is no such thread
     */
    BitSet affinity(int threadId) throws HostException;

    /**
     * Says on which processors a thread may run (sched_setaffinity(2)).
     *
     * @param threadId the host's number of a thread of this process, or 0 for the calling one
     * @param processors at least one of those that the process has
     * @throws HostException when there is no such thread, or none of them is to be had
     */
    void affinity(int threadId, BitSet processors) throws HostException;
}
