package dev.backplane.api.cpu;

import dev.backplane.api.state.StateVersion;
import java.util.List;

/**
 * The state of all vCPUs of a machine.
 *
 * @param vcpus by number
 */
@StateVersion(schema = "x86-64-vcpus", writes = 1, reads = 1)
public record PartitionState(List<VcpuState> vcpus) {
    /** Copies the list. */
    public PartitionState {
        vcpus = List.copyOf(vcpus);
    }
}
