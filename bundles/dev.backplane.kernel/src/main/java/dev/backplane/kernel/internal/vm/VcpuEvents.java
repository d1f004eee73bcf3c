package dev.backplane.kernel.internal.vm;

import dev.backplane.api.cpu.Vcpu;
import dev.backplane.api.debug.DebugStop;
import java.util.List;

/** What happens on vCPU threads that concerns the whole machine. Called on those threads; returns at once. */
interface VcpuEvents {
    /** A triple fault; {@code report} is what the engine says of it, empty where it says nothing. */
    void shutDown(int vcpu, String report);

    /** A vCPU came to a stop that its debugger is to hear of, and goes on only when that lets it. */
    void debugStop(int vcpu, DebugStop why);

    /** There are other vCPUs, or none any more. On the control thread, while they do not run. */
    void engine(List<Vcpu> vcpus);

    /** The engine cannot go on with this guest. */
    void cannotGoOn(int vcpu, String report);

    /** The engine failed: what it threw, as text. */
    void engineFailed(int vcpu, String reason);

    /** The recording of a machine on virtual time cannot be written or read. */
    void journalFailed(String reason);

    /** A replay has come to its end. */
    void journalEnded();

    /** A vCPU waits for a bay. */
    void parked(int vcpu);
}
