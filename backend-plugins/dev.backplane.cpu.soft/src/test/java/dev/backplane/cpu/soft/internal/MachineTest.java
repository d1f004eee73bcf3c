package dev.backplane.cpu.soft.internal;

import dev.backplane.testkit.cpu.CpuBench;
import dev.backplane.testkit.cpu.CpuContract;

/** Machines on the interpreter. */
class MachineTest extends CpuContract {
    @Override
    protected CpuBench machine(int vcpus) throws Exception {
        return new CpuBench(new SoftBackend(), new SoftOptions(), vcpus);
    }
}
