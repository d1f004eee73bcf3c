package dev.backplane.kernel.internal.vm;

/** What happens on vCPU threads that concerns the whole machine. Called on those threads; returns at once. */
interface VcpuEvents {
    /** A triple fault. */
    void shutDown(int vcpu);

    /** The engine cannot go on with this guest. */
    void cannotGoOn(int vcpu, String report);

    /** The engine failed: what it threw, as text. */
    void engineFailed(int vcpu, String reason);

    /** A vCPU waits for a bay. */
    void parked(int vcpu);
}
